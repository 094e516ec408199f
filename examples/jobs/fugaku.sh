#!/bin/bash
# Builds solver.sif at Supercomputer Fugaku, RIKEN R-CCS.
# Written by `sifcheck job new --site fugaku`; look it through before you use it.
# Submit it with pjsub, in the folder that its paths start from, say one below /vol0n0m/data/GROUP.

#PJM -N build-solver
#PJM -L node=1
#PJM -L rscgrp=small
#PJM -L elapse=1:00:00
#PJM -g hp000000
#PJM -x PJM_LLIO_GFSCACHE=/vol0004
#PJM -j

# Temporary files go to /worktmp: files in memory, room for 20 GiB of the job's memory.
export SINGULARITY_TMPDIR=/worktmp
export TMPDIR="$SINGULARITY_TMPDIR"

# An image of that name is replaced, once the new one is whole.
# Checks the file and this node, then builds; without sifcheck there, write singularity for it.
# A build as root needs fugaku for its first group; sg takes it on for this command.
# From singularity-ce 3.11.4 and singularity-pro 3.11-4 on, the option --no-setgroups does without
# it.
sg fugaku -c 'sifcheck build --fakeroot --force solver.sif ../good.def'

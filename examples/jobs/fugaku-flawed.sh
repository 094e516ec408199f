#!/bin/bash
# A first build job for Fugaku as many write it: a merge that was not finished, newgrp as a line, a misspelt command.
#PJM -L "rscgrp=small,node=1,elapse=0:15:00"
#PJM -x PJM_LLIO_GFSCACHE=/vol0004

cd /vol0003/data/hp000000/images || exit
export TMPDIR=/worktmp
<<<<<<< 3f1c9d2
newgrp fugaku
singularity biuld --fakeroot solver.sif solver.def
=======
singularity build --fakeroot solver.sif solver.def
>>>>>>> 8ba07e4

#!/bin/bash
#SBATCH --job-name=train
#SBATCH --gres=gpu:1
#SBATCH --time=00:30
DATA=/scratch/project/set-3
#SBATCH --mem=16G

SINGULARITY_TMPDIR=/scratch/project/tmp
singularity pull trainer-1.2.sif docker://example/trainer:1.2
singularity exec --bind $DATA trainer_1.2.sif python3 train.py "$DATA"

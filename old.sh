#!/bin/bash
#PBS -l nodes=1:ppn=8
apptainer exec app.sif true

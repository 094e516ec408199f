"""Singularity and Apptainer: families and versions, their commands and options, and one call of them."""

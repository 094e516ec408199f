"""sifcheck: a linter and pre-flight checker for Singularity and Apptainer images."""

__version__ = "0.1.0"

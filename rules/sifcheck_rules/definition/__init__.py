"""Rules about the parts of a definition file: its text, header, base image, files and description."""

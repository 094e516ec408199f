"""Rules about the scripts of a definition file."""

"""The watched call of the real runtime: hand-over, output, leftovers."""

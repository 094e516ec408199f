"""Rules about batch scripts."""

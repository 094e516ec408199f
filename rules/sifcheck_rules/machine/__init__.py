"""Rules about a machine."""

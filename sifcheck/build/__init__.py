"""What happens around a build: reading the log of one that failed."""

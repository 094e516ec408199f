"""Reads the log of a build that failed: which line tells why, what it means, what to do."""

"""Follows a build without making it: what is known at each place of its scripts."""

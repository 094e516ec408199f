"""A machine as sifcheck sees it: a snapshot that can be saved, and the probes that take it."""

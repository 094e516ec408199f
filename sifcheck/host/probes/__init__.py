"""The probes that fill the snapshot of a machine, one subject a file."""

"""What lies on disk where a build starts: sources, folders, base files, and who may get at them."""

"""Settings: configuration files, variables and options, laid over each other."""

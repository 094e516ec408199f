"""A cluster's profile: what its machines should be like, read from a site file (TOML)."""

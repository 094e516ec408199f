"""OCI registries: one conversation, manifests, credentials, mirrors, and what a base image is."""

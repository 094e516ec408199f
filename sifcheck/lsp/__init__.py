"""The language server: what `sifcheck check` says, while a definition file is being written."""

"""The engine: plugins and rules, selection, one pass over a file, suppressions, settings, fixes."""

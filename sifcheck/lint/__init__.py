"""Rules, plugins, selection, one pass over a file, suppressions, baseline, fixes."""

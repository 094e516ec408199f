"""Rules about single calls of the runtime, wherever they stand."""

"""Rules about the plan of a build."""

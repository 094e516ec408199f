"""What the verbs do with the parts: check files, plan and prepare a build, report."""

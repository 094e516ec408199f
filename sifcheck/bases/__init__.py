"""What is known about the base systems that images start from: shell, package manager, programs, end of life."""

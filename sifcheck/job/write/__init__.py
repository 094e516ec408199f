"""Writes a build job for a site: directives, folders, arguments, script."""

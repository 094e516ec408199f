"""What a build needs, in each place and phase, against what there is."""

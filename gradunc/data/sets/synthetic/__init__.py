"""data=synthetic: a procedural street, rendered with exact depth, poses and masks of what makes depth uncertain."""

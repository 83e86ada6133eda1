"""data=video."""

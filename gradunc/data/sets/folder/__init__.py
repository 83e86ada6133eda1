"""data=folder."""

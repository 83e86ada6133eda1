"""data=nyu."""

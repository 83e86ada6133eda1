"""data=stereo."""

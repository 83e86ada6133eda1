"""Data sets, one folder each."""

"""Data sets, their file formats, augmentation and loading."""

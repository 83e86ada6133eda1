"""Data: sets (one folder each), formats (files, no torch), recorded (frames), loading (batches)."""

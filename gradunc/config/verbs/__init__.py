"""The verbs of infer.py, one file each: what may be set, the usage, an example."""

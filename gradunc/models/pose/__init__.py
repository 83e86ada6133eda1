"""The pose network of self-supervised training, and its checkpoints."""

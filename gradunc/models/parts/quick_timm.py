"""timm without what only its own training program needs.

Where wandb is installed, timm imports it to log a training, which takes half a second; no network needs it.
"""

from gradunc.imports import hidden

with hidden("wandb"):
    import timm

__all__ = ["timm"]

"""timm without what only its own training program needs.

Where wandb is installed, timm imports it to log a training, which takes half a second; no network needs it.
"""

from gradunc.imports import Late, hidden

with hidden("wandb"):
    import timm
    import timm.utils.summary

if not hasattr(timm.utils.summary, "wandb"):
    # So that timm's own training program, in the same process, still finds it.
    timm.utils.summary.wandb = Late("wandb")  # pyright: ignore[reportPrivateImportUsage]

__all__ = ["timm"]

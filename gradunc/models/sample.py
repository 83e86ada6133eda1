"""The network that comes with the package, so that `infer.py predict photo.jpg` shows something at once."""

from pathlib import Path

SAMPLE = "sample"
"""What `checkpoint=` takes for it, unless a file or folder has this name."""
FOLDER = Path(__file__).resolve().parents[1] / "sample"
"""An export, as `export_model` writes it."""
TEXT = (
    "the sample network of gradunc, trained on 800 rendered images of streets; its depth of real photos is rough: give "
    "checkpoint=PATH or hf:ORG/NAME for a network of your own"
)


def sample_folder(source: str | Path) -> Path | None:
    """Where the sample lies, if it is meant; None for everything else."""
    return FOLDER if str(source) == SAMPLE and not Path(source).exists() else None

"""Images that users name by a path: which files, and which estimators they allow."""

from collections.abc import Mapping
from pathlib import Path

from gradunc.commands.results import is_panel
from gradunc.data.image_files import find_images
from gradunc.errors import InputError
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.gradient.references import awaits_depth


def images_of(source: str) -> tuple[Path, list[Path]]:
    """The images of a path, folder or glob without our own panels, and the folder that their names are relative to.

    Raises:
        InputError: there is no image.
    """
    root, paths = find_images(source)
    return root, [path for path in paths if not is_panel(path)]


def check_references(estimators: Mapping[str, UncertaintyEstimator]) -> None:
    """Raise `InputError` for an estimator that compares with the truth, which plain images do not have."""
    for name, estimator in estimators.items():
        if awaits_depth(estimator):
            raise InputError(
                f"uncertainty.{name}.reference=given compares with true depth, which images do not have; "
                "say infer.py evaluate data=NAME, or choose another reference"
            )

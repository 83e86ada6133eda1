"""Images that users name by a path: which files, and the estimators that score them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from gradunc.assembly import build_estimators, restore
from gradunc.commands.verbs import program
from gradunc.data.image_files import find_images
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.prediction.files import is_panel
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import awaits_depth
from gradunc.uncertainty.learned import Learned, folder_beside
from gradunc.uncertainty.settings import EstimatorSettings


def images_of(source: str) -> tuple[Path, list[Path]]:
    """The images of a path, folder or glob without our own panels, and the folder that their names are relative to.

    Raises:
        InputError: there is no image.
    """
    root, paths = find_images(source)
    if any(".." in path.relative_to(root).parts for path in paths):
        root, paths = _without_parents(root, paths)
    return root, [path for path in paths if not is_panel(path)]


def _without_parents(root: Path, paths: Iterable[Path]) -> tuple[Path, list[Path]]:
    """The images of a pattern with ".." in it, each once, and a folder that holds all of them."""
    plain = sorted({path.parent.resolve() / path.name for path in paths})
    root = root.resolve()
    if not all(path.is_relative_to(root) for path in plain):
        root = Path(os.path.commonpath([path.parent for path in plain]))
    return root, plain


def estimators_of_images(
    uncertainty: Mapping[str, EstimatorSettings], model: DepthModel, checkpoint: str | None
) -> dict[str, UncertaintyEstimator]:
    """Name -> estimator, with what it has learned beside the checkpoint.

    Raises:
        InputError: one compares with the truth, which plain images do not have, or has not learned yet.
    """
    estimators = build_estimators(uncertainty, model)
    for name, estimator in estimators.items():
        if awaits_depth(estimator):
            raise InputError(
                f"uncertainty.{name}.reference=given compares with true depth, which images do not have; "
                f"say {program()} evaluate data=NAME, or choose another reference"
            )
    restore(estimators, Learned(folder_beside(Path(str(checkpoint))), uncertainty), model)
    return estimators

"""Images that users name by `source`, and the estimators that score them."""

import sys
from collections.abc import Mapping

from gradunc.assembly import build_estimators, restore
from gradunc.commands.network import learned_folder
from gradunc.commands.verbs import program
from gradunc.data.inputs import InputImages, open_images
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.prediction.network import InputSize
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import awaits_depth
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.settings import EstimatorSettings


def images_of(source: str, every: int = 1, limit: int | None = None) -> InputImages:
    """See `open_images`. What lies beside the images is said on stderr.

    Raises:
        InputError: there is no image, or nothing but our own panels.
    """
    images = open_images(source, every=every, limit=limit)
    for note in images.notes:
        print(note, file=sys.stderr)
    return images


def estimators_of_images(
    uncertainty: Mapping[str, EstimatorSettings], model: DepthModel, checkpoint: str | None, size: InputSize
) -> dict[str, UncertaintyEstimator]:
    """Name -> estimator, with what it has learned beside the checkpoint.

    Args:
        uncertainty: name -> options.
        model: the network.
        checkpoint: where it lies.
        size: of the images that it sees.

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
    fixed = str(size) if isinstance(size, ImagePreparation) else size
    restore(estimators, Learned(learned_folder(checkpoint), uncertainty, fixed), model)
    return estimators

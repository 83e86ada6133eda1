"""What the figures of a result are of, so that they can be told from those of another network later."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import nn

from gradunc.data.settings import DataSettings
from gradunc.uncertainty.descriptions import weights_of
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.settings import EstimatorSettings


def judged(
    model: nn.Module,
    uncertainty: Mapping[str, EstimatorSettings],
    data: DataSettings | None,
    learned: Learned | None,
) -> dict[str, Any]:
    """A checksum of the weights, the data set and its split, the size of the images, and options of the estimators.

    Args:
        model: the network as it is now.
        uncertainty: name -> options.
        data: that it is tested on, if that is known.
        learned: knows the size of the images.
    """
    return {
        "weights": weights_of(model),
        "data": None if data is None else data.name,
        "split": "test",
        "size": None if learned is None else learned.size,
        "estimators": {name: asdict(settings) for name, settings in uncertainty.items()},
    }

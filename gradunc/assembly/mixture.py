"""Several data sets at once."""

from collections.abc import Callable

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.config.mixture import mixture_parts
from gradunc.data.mixture import Mixture
from gradunc.errors import InputError
from gradunc.types import Sample, Split


def mixture(settings: DataSettings, split: Split, make: Callable[[DataSettings], Dataset[Sample]]) -> Dataset[Sample]:
    """The parts that a split is made of: those with a weight to train on, those with `evaluate` otherwise.

    Args:
        settings: of the mixture.
        split: which one.
        make: the data set of one part.

    Raises:
        InputError: a part that cannot be built; the message names it.
    """
    parts = {
        label: part
        for label, part in mixture_parts(settings).items()
        if (part.weight > 0 if split == "train" else part.evaluate)
    }
    made = {}
    for label, part in parts.items():
        try:
            made[label] = make(part.settings)
        except InputError as error:
            raise InputError(f"in data.mixture.{label}: {error}") from error
    return Mixture(made, {label: part.weight for label, part in parts.items()})

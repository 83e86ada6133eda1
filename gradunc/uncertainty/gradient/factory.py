"""The estimator of `method: gradient`."""

from gradunc.errors import InputError
from gradunc.uncertainty.gradient.estimator import GradientUncertainty
from gradunc.uncertainty.gradient.settings import GradientSettings
from gradunc.uncertainty.interface import Parts


def gradient(settings: GradientSettings, parts: Parts) -> GradientUncertainty:
    """`GradientUncertainty` with the options of a configuration.

    Raises:
        InputError: an unknown layer, reference, ..., or a weight of a variance that the network does not predict.
    """
    told = getattr(parts.model, "settings", None)
    if settings.variance_weight and told is not None and not getattr(told, "uncertainty_head", True):
        raise InputError("variance_weight needs a network with an uncertainty head; set variance_weight=0")
    return GradientUncertainty(parts.model, **settings.arguments())

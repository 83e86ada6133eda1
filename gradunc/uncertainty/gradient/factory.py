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
    own = getattr(parts.model, "own_uncertainty", None)
    of_family = hasattr(parts.model, "settings")
    if settings.variance_weight and of_family and (own is None or own.place != "log_scale"):
        raise InputError(
            "variance_weight needs a network with an uncertainty head whose output is log sigma; set variance_weight=0"
        )
    return GradientUncertainty(parts.model, **settings.arguments())

"""Uncertainty estimators for any depth network that is an `nn.Module`.

The names are imported when they are first used: options and registry of this package need no torch.
"""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.uncertainty.cost import cost_in_forwards
    from gradunc.uncertainty.empirical.ensemble import Ensemble
    from gradunc.uncertainty.empirical.mc_dropout import MCDropout
    from gradunc.uncertainty.empirical.noise import NoiseEnsemble
    from gradunc.uncertainty.fitted.bayescap.estimator import BayesCap
    from gradunc.uncertainty.fitted.density import FeatureDensity
    from gradunc.uncertainty.fitted.error_head.estimator import ErrorHead
    from gradunc.uncertainty.fitted.laplace import LastLayerLaplace
    from gradunc.uncertainty.fitted.student.estimator import Student
    from gradunc.uncertainty.gradient.estimator import GradientUncertainty
    from gradunc.uncertainty.gradient.layers import select_layers
    from gradunc.uncertainty.gradient.listing import LayerInfo, list_layers
    from gradunc.uncertainty.passes import shared_passes
    from gradunc.uncertainty.posthoc.augmentations import AugmentationSpread
    from gradunc.uncertainty.posthoc.flip import FlipDifference
    from gradunc.uncertainty.posthoc.perturbed import InferenceDropout, NoisyFeatures
    from gradunc.uncertainty.predictive.predicted import Predicted
    from gradunc.uncertainty.registry import ESTIMATORS
    from gradunc.uncertainty.trivial import TRIVIAL
    from gradunc.uncertainty.whole_image import image_scores

_WHERE = {
    "AugmentationSpread": "posthoc.augmentations",
    "BayesCap": "fitted.bayescap.estimator",
    "ESTIMATORS": "registry",
    "Ensemble": "empirical.ensemble",
    "ErrorHead": "fitted.error_head.estimator",
    "FeatureDensity": "fitted.density",
    "FlipDifference": "posthoc.flip",
    "GradientUncertainty": "gradient.estimator",
    "InferenceDropout": "posthoc.perturbed",
    "LastLayerLaplace": "fitted.laplace",
    "LayerInfo": "gradient.listing",
    "MCDropout": "empirical.mc_dropout",
    "NoiseEnsemble": "empirical.noise",
    "NoisyFeatures": "posthoc.perturbed",
    "Predicted": "predictive.predicted",
    "Student": "fitted.student.estimator",
    "TRIVIAL": "trivial",
    "cost_in_forwards": "cost",
    "image_scores": "whole_image",
    "list_layers": "gradient.listing",
    "select_layers": "gradient.layers",
    "shared_passes": "passes",
}

__all__ = [
    "ESTIMATORS",
    "TRIVIAL",
    "AugmentationSpread",
    "BayesCap",
    "Ensemble",
    "ErrorHead",
    "FeatureDensity",
    "FlipDifference",
    "GradientUncertainty",
    "InferenceDropout",
    "LastLayerLaplace",
    "LayerInfo",
    "MCDropout",
    "NoiseEnsemble",
    "NoisyFeatures",
    "Predicted",
    "Student",
    "cost_in_forwards",
    "image_scores",
    "list_layers",
    "select_layers",
    "shared_passes",
]

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

"""Asking a network of somebody else: it cannot change the caller's tensors, and its answer is a depth map."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_map

from gradunc.types import DepthNetwork, DepthPrediction
from gradunc.uncertainty.checks import prediction_of


def ask(network: DepthNetwork, image: Tensor, inputs: Mapping[str, Any] | None = None) -> DepthPrediction:
    """What a network predicts of an image; every forward pass of an estimator goes through here.

    The network gets copies: some normalise their input in place, and what comes next would see another image.

    Args:
        network: an `nn.Module` or a function.
        image: (B,3,H,W) float in [0,1].
        inputs: further arguments, tensors in any nesting of lists, tuples and dicts.

    Raises:
        InputError: the answer is no depth of the image's size, see `prediction_of`.
    """
    return prediction_of(network(image.clone(), **copied(dict(inputs or {}))), image)


def copied(inputs: dict[str, Any]) -> dict[str, Any]:
    """Inputs with copies of their tensors."""
    return tree_map(lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, inputs)

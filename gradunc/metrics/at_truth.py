"""Predictions and scores at the size at which they are compared: that of the truth, or of an image."""

from typing import Protocol

from torch import Tensor

from gradunc.metrics.protocol import EvaluationProtocol
from gradunc.metrics.published_png import uncertainty_round_trip
from gradunc.ops.known import resize_finite, resize_known
from gradunc.types import OutputSpace, Size, UncertaintyEstimate


class DepthMaps(Protocol):
    """What must be known of a network to compare its depth; every `DepthModel` says it."""

    @property
    def output_space(self) -> OutputSpace:
        """What the numbers mean."""
        ...

    def resize_depth(self, depth: Tensor, size: Size) -> Tensor:
        """Depth (B,1,h,w) -> (B,1,*size), averaged in the quantity that may be averaged."""
        ...


def at_truth(
    protocol: EvaluationProtocol, network: DepthMaps, depth: Tensor, truth: Tensor
) -> tuple[Tensor, OutputSpace]:
    """Predictions as the protocol compares them with the truth.

    Args:
        protocol: whether PNG files come in between.
        network: that predicted.
        depth: (B,1,h,w) in the network's output space.
        truth: (B,1,H,W) true depth [m], 0 where unknown.

    Returns:
        (B,1,H,W) on the truth's device, and what the numbers mean.
    """
    if protocol.png:
        return protocol.read_back(depth.to(truth.device), truth, network.output_space)
    return network.resize_depth(depth, size_of(truth)).to(truth.device), network.output_space


def score_at_truth(protocol: EvaluationProtocol, score: Tensor, valid: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and their validity (B,C,h,w) as the protocol ranks them: (B,C,H,W) on the device of the truth."""
    score, valid = score.to(truth.device), valid.to(truth.device)
    if protocol.png:
        score = uncertainty_round_trip(score, valid)
    return resize_known(score, valid, size_of(truth))


def resize_estimate(network: DepthMaps, estimate: UncertaintyEstimate, size: Size) -> tuple[Tensor, Tensor, Tensor]:
    """Depth (through the quantity that may be averaged), uncertainty (bilinear) and validity, each (B,1,*size).

    Unknown pixels take no part: `gradunc/ops/known.py`. Depth that is not finite is unknown, and NaN here.
    """
    uncertainty, known = resize_known(estimate.uncertainty, estimate.valid, size)
    return resize_finite(estimate.depth, size, network.resize_depth), uncertainty, known


def size_of(maps: Tensor) -> Size:
    """Height and width of (...,H,W)."""
    return maps.shape[-2], maps.shape[-1]

"""Members whose scale is free merged into one depth and one uncertainty, by the program of Marigold in diffusers."""

from typing import Any

from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import OutputSpace


def merge(members: Tensor, space: OutputSpace, reduction: str, iterations: int) -> tuple[Tensor, Tensor]:
    """Depth and uncertainty of one image.

    What the output leaves free is aligned: each member's extremes, or its largest value, become those of the others;
    then BFGS reduces the distances between all pairs. The result lies in [0,1]. Metric members are merged as they are.

    Args:
        members: (N,1,H,W), N predictions of one image, finite.
        space: of all.
        reduction: "median", whose uncertainty is the median absolute deviation, or "mean", whose is the standard
            deviation with N - 1.
        iterations: of BFGS; from 1 on rounding decides, see docs/methods.md B.4.

    Returns:
        Both (1,1,H,W).

    Raises:
        InputError: diffusers or scipy, whose code aligns, is not installed.
    """
    if space.ambiguity == "metric":
        return _merged(members, reduction)
    has_shift = space.ambiguity == "affine"
    return _program().ensemble_depth(
        members, True, has_shift, output_uncertainty=True, reduction=reduction, max_iter=iterations
    )


def check_can_merge(space: OutputSpace) -> None:
    """Raise `InputError` if `merge` would."""
    if space.ambiguity != "metric":
        _program()


def _merged(members: Tensor, reduction: str) -> tuple[Tensor, Tensor]:
    if reduction == "mean":
        return members.mean(0, keepdim=True), members.std(0, keepdim=True)
    middle = members.median(0, keepdim=True).values
    return middle, (members - middle).abs().median(0, keepdim=True).values


def _program() -> Any:
    try:
        import scipy.optimize  # noqa: F401
        from diffusers.pipelines.marigold.pipeline_marigold_depth import MarigoldDepthPipeline
    except ImportError as error:
        raise InputError(
            "members whose scale is free are aligned by diffusers and scipy, which are not installed; run pip install "
            "'gradunc[diffusers]'"
        ) from error
    return MarigoldDepthPipeline

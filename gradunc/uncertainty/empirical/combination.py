"""Ensembles of networks that predict a spread of their own: the law of total variance (docs/methods.md C.5).

The published program adds the variance of the means and the SUM of the predicted variances, whatever their units are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.own_uncertainty import HIGHEST, LOGARITHMS
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty.empirical.settings import COMBINATIONS
from gradunc.uncertainty.posthoc.base import Answer
from gradunc.uncertainty.posthoc.spaces import into
from gradunc.uncertainty.posthoc.spread import Spread
from gradunc.uncertainty.predictive.own_spread import own_spread, told_by

SMALLEST = 1e-6
"""Depth or disparity that is not above this counts as this, where a spread is converted."""

Member = tuple[Tensor, Tensor, Mapping[str, Tensor]]
"""Output (B,1,H,W) in the common scale, output in the network's own scale, and what `told` says beside it."""


def chosen(combination: str, members: Sequence[nn.Module], space: str) -> str:
    """What "auto" means for these networks; any other combination as it is. `space` is that of the result.

    Raises:
        InputError: an unknown combination, or one that the networks do not allow.
    """
    if combination not in COMBINATIONS:
        raise unknown("combination", combination, COMBINATIONS)
    owns = [getattr(one, "own_uncertainty", None) for one in members]
    affine = getattr(members[0], "output_space", OutputSpace()).ambiguity == "affine"
    spreads = all(own is not None and own.is_spread for own in owns) and not affine
    if combination == "auto":
        return "total_variance" if spreads else "epistemic"
    if combination == "total_variance" and not spreads:
        raise InputError(
            "combination=total_variance needs members that all predict a standard deviation of depth, known up to no "
            "shift; set combination=epistemic for the spread of their depths alone"
        )
    if combination == "published_sum":
        if not all(own is not None and own.kind in LOGARITHMS for own in owns):
            raise InputError("combination=published_sum needs members that all predict a log scale")
        widths = {sigmoid_width(one) for one in members}
        if None in widths or len(widths) > 1 or space != "disparity":
            raise InputError(
                "combination=published_sum needs space=disparity, and networks with a disparity head of one range of "
                "depth (model.min_depth, model.max_depth)"
            )
    return combination


def told(combination: str, network: nn.Module, prediction: DepthPrediction) -> Mapping[str, Tensor]:
    """What a member says of its own uncertainty, maps (B,1,H,W): variances in its own quantity, or its log scale."""
    if combination == "epistemic":
        return {}
    if combination == "published_sum":
        own: Any = network.own_uncertainty
        return {"log_scale": told_by(own, prediction)}
    found = own_spread(network, prediction)
    assert found is not None, "`chosen` has asked for it"
    parts = {"aleatoric": found.aleatoric, "epistemic": found.epistemic}
    return {name: values for name, values in parts.items() if values is not None}


def epistemic(
    means: Spread, members: Sequence[Member], networks: Sequence[Any], own: OutputSpace, space: str
) -> Answer:
    """Unbiased standard deviation of the means; arguments as for `total_variance`."""
    std = means.std()
    return Answer(std, means.enough, epistemic=std)


def total_variance(
    means: Spread, members: Sequence[Member], networks: Sequence[Any], own: OutputSpace, space: str
) -> Answer:
    """Mean of the variances + population variance of the means, each a part of the answer.

    Variances become those of `space` by the slope between both quantities at the member's own prediction.

    Args:
        means: of the outputs in the quantity `space`.
        members: in the order of `networks`.
        networks: predict a spread of their own.
        own: output space of all.
        space: quantity of the result.
    """
    data, model = Spread(means.mean), Spread(means.mean)
    for (output, raw, parts), network in zip(members, networks, strict=True):
        factor = (_slope(output, own, space) / _slope(raw, own, network.own_uncertainty.quantity)).square()
        data.add(parts["aleatoric"] * factor)
        model.add(parts.get("epistemic", torch.zeros_like(factor)) * factor)
    count = means.count.clamp_min(1)
    between = model.mean + means.std().square() * (count - 1) / count
    known = means.enough & (data.count == means.count)
    return Answer((data.mean + between).sqrt(), known, aleatoric=data.mean.sqrt(), epistemic=between.sqrt())


def published_sum(
    means: Spread, members: Sequence[Member], networks: Sequence[Any], own: OutputSpace, space: str
) -> Answer:
    """Unbiased variance of the sigmoid disparities + sum of exp(h)^2, as published: a score without a unit.

    Arguments as for `total_variance`; `space` is disparity.
    """
    width = sigmoid_width(networks[0]) or 1.0
    added = torch.stack([(2 * parts["log_scale"].clamp_max(HIGHEST)).exp() for _, _, parts in members]).sum(0)
    return Answer((means.std() / width).square() + added, means.enough)


LAWS = {"epistemic": epistemic, "total_variance": total_variance, "published_sum": published_sum}
"""What `chosen` gives -> the law."""


def sigmoid_width(network: nn.Module) -> float | None:
    """1/min - 1/max of a network with a sigmoid disparity: what one unit of it is in disparity; None for another."""
    settings = getattr(network, "settings", None)
    if getattr(settings, "head", None) != "disparity":
        return None
    low, high = settings.depth_range  # pyright: ignore[reportOptionalMemberAccess]
    return 1 / low - 1 / high


def _slope(output: Tensor, own: OutputSpace, quantity: str) -> Tensor:
    """|dq / d log depth| of a quantity q: depth and disparity themselves, 1 for the logarithm."""
    if quantity == "log_depth":
        return torch.ones_like(output, dtype=torch.float32)
    return into(output, own, quantity).clamp_min(SMALLEST)

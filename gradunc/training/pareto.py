"""Pareto steps: the parts of a mixture are weighed anew in every step, so that the loss of each of them falls.

Sener & Koltun, "Multi-Task Learning as Multi-Objective Optimization", NeurIPS 2018, algorithm 2, with the gradients of
the weights; MiDaS mixes data sets so (docs/methods.md F.5).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradunc.losses import LossEngine, LossInputs

STEPS = 250
"""Of Frank and Wolfe, at most."""
ENOUGH = 1e-9
"""A step shorter than it is the last."""


def min_norm(products: Tensor) -> Tensor:
    """Weights a >= 0 of sum 1 with the smallest norm of sum a_i g_i; of two gradients in closed form.

    Args:
        products: (K,K) float64 inner products of the gradients, at least one of which is not 0.

    Returns:
        (K,).

    >>> min_norm(torch.tensor([[1.0, 0.0], [0.0, 4.0]], dtype=torch.float64)).tolist()
    [0.8, 0.2]
    """
    if len(products) == 2:
        second = _share(products[0, 0], products[0, 1], products[1, 1])
        return torch.stack([1 - second, second])
    weights = torch.full_like(products[0], 1 / len(products))
    for _ in range(STEPS):
        with_each = products @ weights
        least = int(with_each.argmin())
        step = _share(weights @ with_each, with_each[least], products[least, least])
        weights = (1 - step) * weights
        weights[least] += step
        if step < ENOUGH:
            break
    return weights


def _share(own: Tensor, both: Tensor, other: Tensor) -> Tensor:
    """The c in [0,1] with the smallest norm of (1 - c) u + c v, from u u, u v and v v."""
    apart = own - 2 * both + other
    return ((own - both) / apart).clamp(0, 1) if apart > 0 else torch.zeros_like(own)


def pareto_loss(engine: LossEngine, inputs: LossInputs, weights: Sequence[Tensor]) -> Tensor:
    """The losses of the parts in a batch, summed with the weights of `min_norm`, which have no gradient: ().

    A part without a gradient, such as one without a valid pixel in this batch, is left out: the shortest sum would be
    that part alone. So is the weighing, where a loss is not finite. Each part takes one backward pass of its own.

    Args:
        engine: the loss.
        inputs: of the batch, whose sample has `part`.
        weights: that are learned and that all parts share.
    """
    parts = inputs.tensor("part")
    losses = torch.stack([engine(inputs.of_images(parts == part)).total for part in parts.unique()])
    if len(losses) == 1 or not losses.isfinite().all():
        return losses.mean()
    gradients = torch.stack([_gradient(loss, weights) for loss in losses])
    products = (gradients @ gradients.T).double().cpu()
    moving = products.diagonal() > 0
    if not moving.any():
        return losses.mean()
    found = torch.zeros(len(losses), dtype=torch.float64)
    found[moving] = min_norm(products[moving][:, moving])
    return (found.to(losses) * losses).sum()


def _gradient(loss: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """All of it as one vector; the graph is kept."""
    found = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
    return torch.cat([one.flatten().float() for one in found])

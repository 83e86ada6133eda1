"""Telling images of two distributions apart by one score per image."""

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_auroc, binary_average_precision, binary_roc

from gradunc.errors import InputError

DETECTION = ("auroc", "aupr", "fpr95")
"""The keys of `detection`."""


def detection(familiar: Tensor, foreign: Tensor) -> dict[str, float]:
    """How well a score separates the images that a network knows from others.

    The protocol of the literature (Hendrycks & Gimpel 2017): the familiar images are the positive class, the negated
    score is their confidence. Images of equal score are accepted or refused together.

    Args:
        familiar: (n,) scores of in-distribution images, HIGHER = MORE FOREIGN, finite.
        foreign: (m,) scores of the others.

    Returns:
        auroc: probability that a familiar image scores below a foreign one, ties half (0.5 = chance, 1 = perfect).
        aupr: average precision of accepting familiar images (chance: n / (n + m)).
        fpr95: share of the foreign images that are accepted at the strictest threshold that accepts at least 95 % of
            the familiar ones (0 = perfect).

    Raises:
        InputError: an empty side, or a score that is not finite.

    >>> detection(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    {'auroc': 1.0, 'aupr': 1.0, 'fpr95': 0.0}
    """
    scores = torch.cat([familiar.flatten(), foreign.flatten()]).double().cpu()
    if not familiar.numel() or not foreign.numel() or not scores.isfinite().all():
        raise InputError(
            f"need finite scores of both kinds, got {familiar.numel()} familiar and {foreign.numel()} foreign"
        )
    labels = torch.cat([torch.ones(familiar.numel()), torch.zeros(foreign.numel())]).long()
    # Ranks in [0,1]: torchmetrics would send other numbers through a sigmoid, in which different scores become ties.
    distinct, rank = torch.unique(-scores, return_inverse=True)
    confidence = rank.double() / max(len(distinct) - 1, 1)
    false_positives, true_positives, _ = binary_roc(confidence, labels)
    enough = true_positives * familiar.numel() >= 0.95 * familiar.numel() - 1e-3
    return {
        "auroc": float(binary_auroc(confidence, labels)),
        "aupr": float(binary_average_precision(confidence, labels)),
        "fpr95": float(false_positives[enough].min()),
    }

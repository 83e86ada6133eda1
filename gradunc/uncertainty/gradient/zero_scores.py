"""An uncertainty that is 0 everywhere ranks nothing; what may be the reason, and what to try."""

from gradunc.advice import advise
from gradunc.ops.checks import has_values
from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty.gradient.losses import EPSILON


class ZeroScores:
    """Looks at the estimates of an estimator until one has a score; warns of the first that has none, once.

    The device is waited for only until then.
    """

    def __init__(self) -> None:
        self._settled = False

    def look(self, estimate: UncertaintyEstimate, *, floor: bool) -> None:
        """Warn of scores (B,1,H,W) that are all exactly 0.

        Args:
            estimate: of one batch.
            floor: what it compares is constant in outputs below `EPSILON`, see `losses.has_floor`.
        """
        if self._settled or not has_values(estimate.uncertainty) or not bool(estimate.valid.any()):
            return
        self._settled = True
        if not bool(estimate.uncertainty[estimate.valid].any()):
            advise(f"all uncertainty scores are 0: {_reason(estimate, floor)}")


def _reason(estimate: UncertaintyEstimate, floor: bool) -> str:
    largest = float(estimate.depth.max())
    if floor and largest <= EPSILON:
        return (
            f"the predicted depth is nowhere above {largest:.3g}, and below {EPSILON:g} logarithms and inverses are "
            "constant; let the network end in softplus or exp (gradunc.adapt), or set loss='squared', output='full'"
            " and reference='flip'"
        )
    if estimate.loss is not None and not bool(estimate.loss.any()):
        return "the reference depth is the predicted one; set another reference, such as 'gray' or 'noise'"
    return (
        f"the layers {', '.join(estimate.layers)[:100]} do not move the loss (dead activations?); set other layers, "
        "see gradunc.list_layers, or another loss"
    )

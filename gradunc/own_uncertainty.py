"""What a network says of its own uncertainty: the meaning of its second output. Needs no torch."""

from dataclasses import dataclass
from typing import Literal, get_args

from gradunc.errors import InputError, unknown
from gradunc.types import QUANTITIES, Quantity

Kind = Literal[
    "laplace",
    "gaussian",
    "evidential",
    "photometric",
    "reprojection",
    "log_scale",
    "std",
    "variance",
    "log_variance",
    "error",
    "confidence",
]
"""laplace, gaussian: h = log of the scale b or sigma of a likelihood of depth; evidential: nu, alpha and beta of a
normal-inverse-gamma; photometric: h = log of the scale of the photometric error; reprojection: the photometric error
itself; log_scale: h of a file that does not say of what. Of networks of others also std, variance and log_variance of
depth, error (high = worse, no unit) and confidence (high = better)."""

TRAINED: tuple[Kind, ...] = ("laplace", "gaussian", "evidential", "photometric", "reprojection")
"""Heads of our families that a loss trains."""
HEADS = ("none", *TRAINED, "log_scale")
"""What `model.uncertainty_head` may be."""
LOGARITHMS: tuple[Kind, ...] = ("laplace", "gaussian", "photometric", "log_scale")
"""Heads whose output is h, `DepthPrediction.log_scale`."""

FORMER = {"true": "laplace", "false": "none"}
"""What `model.uncertainty_head` was before there was more than one head."""

HIGHEST = 7.0
"""Of h, in training and when it is read: exp(7) is 1097."""


@dataclass(frozen=True)
class OwnUncertainty:
    """A second output of a network.

    Args:
        kind: what its numbers are.
        quantity: whose spread it is: depth, its inverse or its logarithm, in the unit of the network's own depth.
        output: a name in `DepthPrediction.extras`; "" = where heads of our families are, by their kind.

    Raises:
        InputError: an unknown kind or quantity.
    """

    kind: Kind
    quantity: Quantity = "depth"
    output: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise unknown("kind of uncertainty", self.kind, get_args(Kind))
        if self.quantity not in QUANTITIES:
            raise unknown("quantity", self.quantity, QUANTITIES)

    @property
    def channels(self) -> int:
        """Outputs per pixel of a head."""
        return 3 if self.kind == "evidential" else 1

    @property
    def place(self) -> str:
        """Where a `DepthPrediction` has it: "log_scale", or a name of its extras."""
        return self.output or ("log_scale" if self.kind in LOGARITHMS else self.kind)

    @property
    def lowest(self) -> float:
        """Of h: errors of disparity [1/m] and of colours are a thousand times smaller than those of depth [m]."""
        return -14.0 if self.quantity == "disparity" or self.kind in ("photometric", "log_scale") else -7.0

    @property
    def is_spread(self) -> bool:
        """Whether it is a standard deviation of depth, in a unit; otherwise only its order means something."""
        return self.kind in ("laplace", "gaussian", "evidential", "std", "variance", "log_variance")


def own_uncertainty(head: str | None, quantity: str) -> OwnUncertainty | None:
    """What the settings of a network of a family say; None without a head.

    Raises:
        InputError: an unknown head or quantity.
    """
    if head is None or head == "none":
        return None
    if head not in HEADS:
        raise InputError(f"model.uncertainty_head='{head}' must be one of {', '.join(HEADS)}")
    return OwnUncertainty(head, quantity)  # pyright: ignore[reportArgumentType]

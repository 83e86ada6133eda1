"""References that need no second look at the image."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from gradunc.errors import InputError, unknown
from gradunc.types import DepthNetwork
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.gradient.references.base import Query, Reference
from gradunc.uncertainty.session import evaluation


@dataclass(frozen=True)
class Given:
    """A depth that the caller has: the truth (an oracle), another model's depth, a teacher.

    `estimate(image, reference=depth)` takes (B,1,H,W) in the model's output space, NaN or 0 = unknown.

    Args:
        teacher: a network that is asked instead; it gets the image alone.
        scale: "median" multiplies the reference by the ratio of the medians, "none" does not; "auto" decides by the
            network's output space: "median" unless it is metric.
    """

    teacher: DepthNetwork | None = None
    scale: Literal["auto", "median", "none"] = "auto"

    def __repr__(self) -> str:
        teacher = "" if self.teacher is None else f"teacher={type(self.teacher).__name__}, "
        return f"Given({teacher}scale='{self.scale}')"

    def __post_init__(self) -> None:
        if self.teacher is not None and not callable(self.teacher):
            raise InputError(f"given: teacher={self.teacher!r} must be a network; from a file only scale can be set")
        if self.scale not in ("auto", "median", "none"):
            raise unknown("given: scale", self.scale, ("auto", "median", "none"))

    def __call__(self, query: Query) -> Reference:
        """See the class.

        Raises:
            InputError: neither a teacher nor `reference=`.
        """
        if self.teacher is not None:
            # As the network itself: in eval mode, and left as it was.
            alone = evaluation(self.teacher) if isinstance(self.teacher, nn.Module) else nullcontext()
            with alone, torch.no_grad():
                depth = ask(self.teacher, query.image).depth.detach()
        elif query.given is not None:
            depth = query.given
        else:
            raise InputError("reference 'given' needs estimate(image, reference=DEPTH), or Given(teacher=network)")
        known = depth.isfinite() & (depth != 0)
        space = getattr(query.model, "output_space", None)
        rescale = self.scale == "median" or (self.scale == "auto" and space is not None and space.ambiguity != "metric")
        return Reference(torch.where(known, depth, 1.0), known, rescale)

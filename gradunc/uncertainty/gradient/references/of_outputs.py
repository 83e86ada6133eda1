"""References from another output of the network for the same image."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.uncertainty.gradient.references.base import Query, Reference


@dataclass(frozen=True)
class ScaleDisagreement:
    """The full prediction, for a coarse one to be compared with: the two disagree where fine features matter (ours).

    Times the median ratio of the two, so that e = x - median x, x = log d_coarse - log d_full (docs/methods.md A.13).
    Costs nothing.
    """

    compares_outputs: ClassVar[bool] = True

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        assert query.prediction is not None, "the engine asks after the prediction"
        return Reference(query.prediction, by_ratio=True)

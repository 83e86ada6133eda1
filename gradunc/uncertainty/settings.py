"""What the options of every uncertainty estimator share: a named entry of the section `uncertainty`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from gradunc.options import option
from gradunc.types import FrameIds

NEEDS = ("retraining", "fitting", "second network", "samples")
"""What a method may need beyond one trained network and one image.

"retraining": a network that was trained for the method (dropout layers, an uncertainty head); "fitting": data that it
learns from after the training (`interface.Fitted`); "second network": another trained network (a teacher, members of an
ensemble); "samples": several passes that differ by random numbers, whose count decides how exact the result is.
"""


@dataclass
class EstimatorSettings:
    """One uncertainty estimator; `method` decides which further options it has."""

    method: str = option("gradient", "the estimator, a name of the registry ESTIMATORS")

    needs_training_truth: ClassVar[bool] = False
    """Whether it learns from the true depth of the training split, which a self-supervised training does not read
    otherwise."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Words of `NEEDS`, in their order, that are true whatever the options are."""

    @property
    def frames(self) -> FrameIds:
        """The source views of `types.Sample` that it learns from; () = the image alone."""
        return ()

    def arguments(self) -> dict[str, Any]:
        """All options but the method, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "method"}


def frames_wanted(settings: Mapping[str, EstimatorSettings]) -> FrameIds:
    """The source views that any of several estimators learns from, each once."""
    return tuple(dict.fromkeys(frame for one in settings.values() for frame in one.frames))

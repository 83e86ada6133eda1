"""What the options of every uncertainty estimator share: a named entry of the section `uncertainty`."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from gradunc.options import option


@dataclass
class EstimatorSettings:
    """One uncertainty estimator; `method` decides which further options it has."""

    method: str = option("gradient", "the estimator, a name of the registry ESTIMATORS")

    needs_training_truth: ClassVar[bool] = False
    """Whether it learns from the true depth of the training split, which a self-supervised training does not read
    otherwise."""

    def arguments(self) -> dict[str, Any]:
        """All options but the method, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "method"}

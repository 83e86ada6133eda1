"""The options of methods that ask several trained networks."""

from dataclasses import dataclass
from typing import ClassVar

from gradunc.options import PATH, option, or_null
from gradunc.uncertainty.posthoc.settings import SEVERAL, PassSettings

COMBINATIONS = ("auto", "epistemic", "total_variance", "published_sum")


@dataclass
class EnsembleSettings(PassSettings):
    """Spread over the predictions of several networks (method=ensemble)."""

    needs: ClassVar[tuple[str, ...]] = ("second network",)

    method: str = option("ensemble", "the estimator")
    checkpoints: list[str] = option([], "the members: .ckpt files, runs, exports or published folders")
    manifest: str | None = option(
        None,
        "in the place of checkpoints: folder of a training with ensemble.members or objective.schedule=cyclic",
        rule=or_null(PATH),
    )
    last: int | None = option(
        None, "only so many networks of the manifest, the last ones; null = all", rule=or_null(SEVERAL)
    )
    combination: str = option(
        "auto",
        "auto (total_variance if every member predicts a spread of its own, else epistemic), epistemic (of the means "
        "alone), total_variance, or published_sum (variance of the means + sum of exp(h)^2)",
        choices=COMBINATIONS,
    )
    align: bool | None = option(
        None, "bring members to the scale of the first one, image by image; null = where their scale is free"
    )

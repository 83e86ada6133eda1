"""Spread over predictions of augmented images ("Var": Hornauer & Belagiannis, ECCV 2022; docs/methods.md D.3).

The published program rotates zeros into the corners, whose spread means nothing; here such pixels do not count.
"""

from collections.abc import Sequence
from typing import Any

from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.descriptions import described
from gradunc.uncertainty.gradient.references import Given, ReferenceSpec, make_references
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.settings import PUBLISHED, AugmentationSettings
from gradunc.uncertainty.posthoc.spread import Spread


class AugmentationSpread(PassEstimator):
    """Standard deviation over the plain prediction and one for each reference.

    Args:
        model: as for `GradientUncertainty`.
        references: as its argument `reference`; "given" is none of a network.
        space: quantity that is compared.
        seed: of references that draw.

    Raises:
        InputError: unknown references, "none" or "given".
    """

    def __init__(
        self,
        model: nn.Module,
        references: ReferenceSpec | Sequence[ReferenceSpec] = PUBLISHED,
        space: str = "disparity",
        *,
        seed: int = 0,
    ) -> None:
        super().__init__(model, space, seed)
        self.references = make_references(references)
        if not self.references or any(isinstance(one, Given) for one in self.references):
            raise InputError("references must change the image or features; 'none' and 'given' do not")

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"references": described(self.references)}

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        own = self.compared(images.depth, images.zero)
        spread = Spread(own)
        spread.add(own)
        for stream, reference in enumerate(self.references):
            found = reference(images.query(self.model, stream))
            spread.add(self.compared(found.depth, images.zero), found.valid)
        return Answer(spread.std(), spread.enough)


def augmentation_spread(settings: AugmentationSettings, parts: Parts) -> AugmentationSpread:
    """The estimator of `method: augmentation_spread`."""
    return AugmentationSpread(parts.model, **settings.arguments())

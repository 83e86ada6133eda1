"""Density of features: how unlike those of the images that it was fitted on the features of a pixel are.

Gaussian: Lee et al., NeurIPS 2018; nearest neighbours: Sun et al., ICML 2022 (docs/methods.md D.9). No true depth is
needed, and nothing of the network's prediction enters: the score tells what is foreign, not what is wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.types import Scale
from gradunc.uncertainty.checks import slice_inputs
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.fitted.densities import Density, Gaussian, Neighbours
from gradunc.uncertainty.fitted.density_settings import KINDS, DensitySettings
from gradunc.uncertainty.gradient.layer_choice import LayerChoice
from gradunc.uncertainty.gradient.layers import AUTO, COARSE
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map, to_image
from gradunc.uncertainty.gradient.references.hooks import changed_outputs
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import anew
from gradunc.uncertainty.posthoc.base import Answer, Images


class FeatureDensity(FittedEstimator):
    """A score of every cell of a layer, resized to the pixels; one pass.

    Args:
        model: as for `GradientUncertainty`.
        kind: of `KINDS`.
        layer: name of one layer, or "auto": the deepest, the first of `layers="coarse"`.
        shrinkage: see `densities.Gaussian`.
        k: see `densities.Neighbours`, like `bank`.
        bank: of features.
        options: see `FittedEstimator`.

    Raises:
        InputError: as `FittedEstimator`, or options out of range.
    """

    learns_from_truth = False

    def __init__(
        self,
        model: nn.Module,
        kind: str = "gaussian",
        *,
        layer: str = AUTO,
        shrinkage: float = 0.001,
        k: int = 10,
        bank: int = 10_000,
        **options: Any,
    ) -> None:
        super().__init__(model, **options)
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
        if not 0 <= shrinkage <= 1 or min(k, bank) < 1:
            raise InputError(f"shrinkage={shrinkage} must be between 0 and 1, k={k} and bank={bank} at least 1")
        self.kind, self.shrinkage, self.k, self.bank = kind, shrinkage, k, bank
        self.choice = LayerChoice(self.model, COARSE if layer == AUTO else layer)
        self._is_asked = layer != AUTO
        self._layer: str | None = None

    @property
    def scale(self) -> Scale:
        """A score."""
        return Scale()

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layer was chosen where nobody has named it."""
        return () if self._is_asked or self._layer is None else (f"layer=auto chose {self._layer}",)

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        own = {"shrinkage": self.shrinkage} if self.kind == "gaussian" else {"k": self.k, "bank": self.bank}
        return {"kind": self.kind, "layer": self._layer or self.choice.given[0], **own}

    def prepare(self, image: Tensor, inputs: Mapping[str, Any]) -> None:
        """See `FittedEstimator`.

        Raises:
            InputError: no such layer, or several.
        """
        if self._layer is not None:
            return
        found = self.choice.find(image, **inputs)
        first, *others = found
        if self._is_asked and others:
            raise InputError(f"layer={self.choice.given[0]} names {first}, {others[0]} and perhaps others; name one")
        self._layer = first

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `PassEstimator`."""
        self.prepare(image[:1], slice_inputs(inputs, len(image), 0, 1))
        assert self._layer is not None, "`prepare` has found it"
        outputs: list[Tensor] = []

        def keep(output: Tensor) -> Tensor:
            # An activation behind it may work in place.
            outputs.append(output.detach().clone())
            return output

        with changed_outputs(self.model, {self._layer: keep}):
            depth = anew(self.model, image, inputs).depth
        if len(outputs) != 1:
            times = "runs several times in" if outputs else "was never reached by"
            raise InputError(f"layer '{self._layer}' {times} one forward pass; name another one with layer=")
        return depth, {self._layer: outputs[0]}

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """See `FittedEstimator`."""
        density, count = self._density(), 0
        for example in examples:
            rows = _rows(self._map(example.images))
            rows = rows[rows.isfinite().all(1)]
            density.add(rows)
            count += len(rows)
        if not count:
            raise InputError(f"layer '{self._layer}' has no finite feature in the {self.fit_split} split")
        return density.learned()

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        cells = self._map(images)
        rows = _rows(cells)
        learned = {name: value.to(rows.device) for name, value in self._learned.items()}
        score = self._density().score(rows, learned)
        batch, _, height, width = cells.values.shape
        scores = cells._replace(values=score.view(batch, height, width)[:, None])
        shown = to_image(scores, (images.image.shape[-2], images.image.shape[-1]))
        return Answer(shown, shown.isfinite(), layers={str(self._layer): scores.values})

    def _density(self) -> Density:
        return Gaussian(self.shrinkage) if self.kind == "gaussian" else Neighbours(self.k, self.bank, self.seed)

    def _map(self, images: Images) -> LayerMap:
        """The features without cells of padding."""
        return layer_map(images.features[str(self._layer)], images.image, self.model)


def _rows(cells: LayerMap) -> Tensor:
    """(b,C,h,w) -> (b h w, C)."""
    return cells.values.movedim(1, -1).flatten(0, 2)


def feature_density(settings: DensitySettings, parts: Parts) -> FeatureDensity:
    """The estimator of `method: feature_density`."""
    return FeatureDensity(parts.model, **settings.arguments())

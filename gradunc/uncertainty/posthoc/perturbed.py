"""Spread over passes in which features are disturbed: by dropout in a network trained without, or by noise.

Inference-only dropout: Mi et al., AAAI 2022, and Hornauer & Belagiannis, ECCV 2022 (docs/methods.md D.4, D.5).
"""

import math
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.types import DepthPrediction
from gradunc.uncertainty.asking import ask, copied
from gradunc.uncertainty.checks import prediction_of
from gradunc.uncertainty.gradient.layer_choice import LayerChoice
from gradunc.uncertainty.gradient.layers import COARSE, short
from gradunc.uncertainty.gradient.references import Query
from gradunc.uncertainty.gradient.references.base import can_split
from gradunc.uncertainty.gradient.references.hooks import changed_outputs
from gradunc.uncertainty.gradient.references.of_features import dropped, noisy
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.settings import DropoutSettings, FeatureNoiseSettings
from gradunc.uncertainty.posthoc.spread import Spread

DECODER_BLOCK = re.compile(r"decoder\.blocks\.\d+")
"""The blocks of a decoder of our families: the published places of dropout."""

Layers = str | int | Sequence[str | int] | None
"""Names, globs or indices of modules, "auto", "coarse", or None for the default."""


class Sampling(TypedDict, total=False):
    """Options of `Perturbed`, which all its kinds take by name."""

    layers: Layers
    samples: int
    space: str
    seed: int


class Perturbed(PassEstimator):
    """Standard deviation over passes with disturbed features; the depth is that of the plain pass.

    The encoder runs once if the network has `encode` and `decode` and none of the layers runs in `encode`.

    Args:
        model: as for `GradientUncertainty`.
        layers: names, globs or indices of modules whose output is disturbed, "auto" or "coarse" as for
            `GradientUncertainty`. Default: all blocks of the decoder of our families, and "coarse" in other networks.
        samples: passes, at least 2.
        space: quantity that is compared.
        seed: of the random numbers.

    Raises:
        InputError: unknown layers, or fewer than two samples.
    """

    needs_hooks = True

    def __init__(
        self,
        model: nn.Module,
        layers: Layers = None,
        samples: int = 8,
        space: str = "disparity",
        *,
        seed: int = 0,
    ) -> None:
        super().__init__(model, space, seed)
        if not isinstance(samples, int) or samples < 2:
            raise InputError(f"samples={samples} must be at least 2: one answer has no spread")
        self.samples = samples
        self._is_unasked = layers is None
        self.choice = LayerChoice(self.model, self._blocks() or COARSE if layers is None else layers)
        self._layers = None if self.choice.awaits_image else self.choice.find()
        self._in_encoder: bool | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The disturbed modules; () before the first estimate where an image is needed to find them."""
        return self._layers or ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layers were chosen where nobody has named them."""
        if self._is_unasked and self.layers:
            return (f"layers=null chose {short(self.layers)}",)
        return self.choice.notes(self.layers)

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"layers": list(self.layers or self.choice.given), "samples": self.samples}

    @abstractmethod
    def disturbed(self, query: Query, layer: str, output: Tensor) -> Tensor:
        """The output of a layer, disturbed with random numbers of the images."""

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        spread = Spread(self.compared(images.depth, images.zero))
        for prediction in self.passes(images):
            spread.add(self.compared(prediction.depth, images.zero))
        return Answer(spread.std(), spread.enough)

    def passes(self, images: Images) -> Iterator[DepthPrediction]:
        """What the network says in each of the disturbed passes."""
        if self._layers is None:
            self._layers = self.choice.find(images.image[:1], **images.first_inputs())
        query = images.query(self.model)
        features = self._features(query)
        for _ in range(self.samples):
            yield self._sample(query, features)

    def _blocks(self) -> list[str]:
        """The published places, none in a network of another make."""
        return [name for name, _ in layer_root(self.model).named_modules() if DECODER_BLOCK.fullmatch(name)]

    def _features(self, query: Query) -> Any:
        """What the encoder gives, once for all samples; None if every sample needs the whole network."""
        if self._in_encoder or not can_split(self.model):
            return None
        with changed_outputs(self.model, dict.fromkeys(self.layers, lambda output: output)) as ran:
            features = self.model.encode(query.image.clone(), **copied(query.inputs))  # pyright: ignore[reportCallIssue]
        self._in_encoder = bool(ran)
        return None if ran else features

    def _sample(self, query: Query, features: Any) -> DepthPrediction:
        with changed_outputs(self.model, {layer: partial(self.disturbed, query, layer) for layer in self.layers}):
            if features is None:
                return ask(self.model, query.image, query.inputs)
            size = (query.image.shape[-2], query.image.shape[-1])
            answer = self.model.decode(copied({"features": features})["features"], size)  # pyright: ignore[reportCallIssue]
            return prediction_of(answer, query.image)


class InferenceDropout(Perturbed):
    """Spread over passes with dropout of channels in a network that was trained without.

    Args:
        model: as for `Perturbed`, like `options`.
        p: share of channels set to 0; the published one is 0.2.
        options: see `Sampling`.
    """

    def __init__(self, model: nn.Module, p: float = 0.2, **options: Unpack[Sampling]) -> None:
        super().__init__(model, **options)
        if not 0 < p < 1:
            raise InputError(f"p={p} must be between 0 and 1")
        self.p = p

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"p": self.p, **super().options()}

    def disturbed(self, query: Query, layer: str, output: Tensor) -> Tensor:
        """See `Perturbed`; tokens are disturbed as a map."""
        return query.changed(output, partial(dropped, draws=query.draws, p=self.p))


class NoisyFeatures(Perturbed):
    """Spread over passes with Gaussian noise on features.

    Args:
        model: as for `Perturbed`, like `options`.
        strength: standard deviation of the noise as a share of that of the map.
        options: see `Sampling`.
    """

    def __init__(self, model: nn.Module, strength: float = 0.1, **options: Unpack[Sampling]) -> None:
        super().__init__(model, **options)
        if not 0 < strength < math.inf:
            raise InputError(f"strength={strength} must be above 0 and finite")
        self.strength = strength

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"strength": self.strength, **super().options()}

    def disturbed(self, query: Query, layer: str, output: Tensor) -> Tensor:
        """See `Perturbed`; tokens are disturbed as a map."""
        return query.changed(output, partial(noisy, draws=query.draws, strength=self.strength))


def inference_dropout(settings: DropoutSettings, parts: Parts) -> InferenceDropout:
    """The estimator of `method: inference_dropout`."""
    return InferenceDropout(parts.model, **settings.arguments())


def feature_noise(settings: FeatureNoiseSettings, parts: Parts) -> NoisyFeatures:
    """The estimator of `method: feature_noise`."""
    return NoisyFeatures(parts.model, **settings.arguments())

"""Gradient uncertainty of an already trained network (Hornauer & Belagiannis, ECCV 2022; TPAMI 2025).

Predict depth, make a reference depth, take a loss between the two and read its gradient at feature maps: where a
small change of the features would move the loss a lot, the network is not sure. docs/methods.md A.1.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torch import Tensor, nn

from gradunc.brief import briefly, named
from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.types import OutputSpace, Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.cost import cost_in_forwards
from gradunc.uncertainty.descriptions import described
from gradunc.uncertainty.estimates import joined
from gradunc.uncertainty.gradient.batch import Batch
from gradunc.uncertainty.gradient.cautions import caution
from gradunc.uncertainty.gradient.combination import Combination
from gradunc.uncertainty.gradient.engine import Differentiated, Recipe, differentiate
from gradunc.uncertainty.gradient.layer_choice import LayerChoice
from gradunc.uncertainty.gradient.layers import by_name, short
from gradunc.uncertainty.gradient.limits import LimitWatch, known
from gradunc.uncertainty.gradient.losses import LOSSES, REFERENCE_FREE, AuxiliaryLoss, has_floor
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map
from gradunc.uncertainty.gradient.outputs import notes_of, output_of
from gradunc.uncertainty.gradient.parts import part
from gradunc.uncertainty.gradient.reductions import ACROSS_LAYERS, CHANNELS, Reduction
from gradunc.uncertainty.gradient.reference_review import ReferenceReview, check_exportable
from gradunc.uncertainty.gradient.references import Given, ReferenceSpec, comparable, make_references, teachers
from gradunc.uncertainty.gradient.settings import ABSOLUTE, FAST, RECOMMENDED
from gradunc.uncertainty.gradient.zero_scores import ZeroScores
from gradunc.uncertainty.network import network_of
from gradunc.uncertainty.session import evaluation

T = TypeVar("T")


class GradientUncertainty:
    """Pixel-wise uncertainty of a trained depth network, from gradients. The network is left exactly as it was.

    So are the caller's images and PyTorch's random state, whatever the network does with its input.

    The defaults are the published ones. `estimate` may be called in any mode, by several threads, under
    `no_grad` and `inference_mode`; a network in training mode is evaluated in eval mode. Networks wrapped by
    `torch.compile` or DDP are evaluated unwrapped.

    Args:
        model: returns a `DepthPrediction`, or depth as a tensor (B,1,H,W) or (B,H,W); may have `multiple`, the size
            multiple it pads to, `output_space`, and `encode` and `decode`, which make feature references cheap, and
            `auto_layer`, a name for "auto".
        layers: names, globs or indices (see `list_layers`) of modules whose output gradient is read, or
            "auto" or "coarse", see `automatic_layers`. Default: "auto", the published position, which is
            warned of once where that is not the published layer.
        reference: name in `REFERENCES` or "none", a name with parameters ({"rotate": {"degrees": 5}}), an object, or
            several of these.
        loss: name in `LOSSES`, or a function like those.
        channels: name in `CHANNELS` or a function (b,C,h,w) -> (b,1,h,w).
        across_layers: name in `ACROSS_LAYERS` or a function (L,b,1,H,W) -> (b,1,H,W); for several layers only.
        output: what is differentiated and compared: "full", or "coarse", the depth at 1/4 of the resolution, by the
            head that the network has there (`decode_coarse`, or what `adapt(..., coarse=...)` names), so that nothing
            behind it is differentiated, or else the prediction averaged over 4x4 pixels. `notes` say which.
        normalize: name in `NORMALIZE`, per image and layer at the layer's resolution. Default: "none" for one
            layer, "minmax" for several, whose raw gradients have no common unit.
        layer_weights: of across_layers="weighted", one per layer in the order of the attribute `layers`, which is the
            network's; default: the layers' resolutions, so that finer ones count more.
        variance_weight: adds this times the mean predicted variance to the loss (published: 2.0), for networks with
            an uncertainty head.
        depth_power: multiplies the score by this power of the predicted depth (by its inverse for disparity), for
            losses that see relative changes of depth.
        seed: of references that draw random numbers.
        reference_check: "warn" once if the mirrored prediction of reference="flip" disagrees with the plain one as a
            whole in half of the images, of 8 at least; "fallback" uses no reference in such images or, where the loss
            needs one, mirrored features; or "off".
        chunk: images per backward pass; the result does not depend on it.

    Raises:
        InputError: an unknown name, with the nearest one, settings that contradict each other, or a network that
            hooks do not fire in (torch.jit).
    """

    scale = Scale("score")
    needs_grad = True

    def __init__(
        self,
        model: nn.Module,
        layers: str | int | Sequence[str | int] | None = None,
        reference: ReferenceSpec | Sequence[ReferenceSpec] = "flip",
        loss: str | AuxiliaryLoss = "squared",
        channels: str | Reduction = "max",
        across_layers: str | Reduction = "std",
        *,
        output: str = "full",
        normalize: str | Reduction | None = None,
        layer_weights: Sequence[float] | None = None,
        variance_weight: float = 0.0,
        depth_power: float = 0.0,
        seed: int = 0,
        reference_check: str = "warn",
        chunk: int = 1,
    ) -> None:
        self.model = network_of(model)
        self.output = output_of(output, self.model)
        self.choice = LayerChoice(self.model, layers, self.output)
        self.layers: tuple[str, ...] = ()
        """Names of the layers; () before the first estimate if "auto" or "coarse" need an image to find them."""
        self.references, self._left_out = comparable(make_references(reference), self.output)
        self.loss = part(loss, LOSSES, "loss")
        self.combination = Combination(channels, across_layers, normalize, layer_weights, depth_power)
        self.variance_weight = float(variance_weight)
        self.seed, self.chunk = seed, chunk
        self._zeros, self._limits = ZeroScores(), LimitWatch(self.model)
        self.review = ReferenceReview(reference_check, self.references, free=self.loss in REFERENCE_FREE)
        self._check()
        if not self.choice.awaits_image:
            self._find_layers(None)

    @classmethod
    def recommended(cls, model: nn.Module, **changes: Any) -> "GradientUncertainty":
        """The estimator with our best settings (docs/scoring.md) instead of the published ones.

        Args:
            model: as for the constructor.
            changes: further settings, or others.
        """
        return cls(model, **{**RECOMMENDED, **changes})

    @classmethod
    def fast(cls, model: nn.Module, **changes: Any) -> "GradientUncertainty":
        """The estimator with our settings for about 1.4 forward passes (docs/scoring.md).

        Args:
            model: as for the constructor, with `encode` and `decode`. One without `decode_coarse` works and costs more.
            changes: further settings, or others.
        """
        return cls(model, **{**FAST, **changes})

    @classmethod
    def absolute(cls, model: nn.Module, **changes: Any) -> "GradientUncertainty":
        """The estimator with our settings for errors in metres; `recommended` ranks relative ones (docs/scoring.md).

        Args:
            model: as for the constructor.
            changes: further settings, or others.
        """
        return cls(model, **{**ABSOLUTE, **changes})

    @property
    def channels(self) -> Reduction:
        """What reduces the channels of a gradient."""
        return self.combination.channels

    @property
    def depth_power(self) -> float:
        """The power of the predicted depth that multiplies the score."""
        return self.combination.depth_power

    @property
    def awaits_depth(self) -> bool:
        """Whether `estimate` needs `reference=`: one of the references is `Given` and has no teacher."""
        return any(isinstance(one, Given) and one.teacher is None for one in self.references)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layers "auto" or "coarse" stand for, if they were asked for, what the output is if it is coarse, what
        became of reference="flip", and what is known against scores of such a network.
        """
        said = caution(self.model)
        found = (
            *self.choice.notes(self.layers),
            *notes_of(self.output, self.model, left_out=bool(self._left_out)),
            *self.review.notes,
        )
        return found if said is None else (*found, said)

    def __repr__(self) -> str:
        names = self.layers or self.choice.given
        parts = {
            "network": type(layer_root(self.model)).__name__,
            "layers": short(names),
            "reference": ", ".join(map(repr, self.references)) or "none",
            "loss": named(self.loss, LOSSES),
            "channels": named(self.channels, CHANNELS),
        }
        if len(names) > 1:
            parts["across_layers"] = named(self.combination.across_layers, ACROSS_LAYERS)
        return briefly(self, parts)

    def description(self) -> dict[str, Any]:
        """Plain values that say what is computed: all options but those on which no result depends."""
        return {
            "class": type(self).__name__,
            "layers": list(self.layers or self.choice.given),
            "reference": described(self.references),
            "loss": described(self.loss, LOSSES),
            **({"output": self.output.name} if self.output.cell > 1 else {}),
            **self.combination.description(len(self.layers)),
            "variance_weight": self.variance_weight,
            "seed": self.seed,
            **({"reference_check": self.review.mode} if self.review.replaces else {}),
        }

    def estimate(
        self,
        image: Tensor,
        *,
        mask: Tensor | None = None,
        reference: Tensor | None = None,
        index: Tensor | None = None,
        **inputs: Any,
    ) -> UncertaintyEstimate:
        """Depth and uncertainty of a batch.

        Args:
            image: (B,3,H,W) float in [0,1], any size; never resized.
            mask: (B,1,H,W) bool, True = pixels that count in the loss (no sky, no bonnet).
            reference: (B,1,H,W) depth for the reference "given", NaN or 0 = unknown.
            index: (B,) integers that random references are seeded by; default: the content of each image.
            inputs: more arguments of the network; tensors whose first axis is B are cut along with the image.

        Returns:
            All maps (B,1,H,W); `valid` is False where `mask` is, where the reference is unknown, where the score is not
            finite, and where the output is at a limit of the network's (disparity 0 behind a ReLU).

        Raises:
            InputError: wrong shapes, a layer that is not reached, runs twice or does not influence the depth,
                weights created in inference mode.
        """
        parts = self.gradients(
            image, lambda gradient: self._reduce(gradient, image), mask=mask, reference=reference, index=index, **inputs
        )
        estimate = joined([self._estimate(part, (image.shape[-2], image.shape[-1])) for part in parts])
        self._limits.look(estimate.depth)
        self._zeros.look(estimate, floor=self.output.cell > 1 or has_floor(self.loss, self._space))
        return estimate

    def gradients(
        self,
        image: Tensor,
        reduce: Callable[[Tensor], T],
        *,
        mask: Tensor | None = None,
        reference: Tensor | None = None,
        index: Tensor | None = None,
        **inputs: Any,
    ) -> list[Differentiated[T]]:
        """The raw gradients, one entry per chunk of images.

        Args:
            image: as in `estimate`, like the other arguments.
            mask: as in `estimate`.
            reference: as in `estimate`.
            index: as in `estimate`.
            inputs: as in `estimate`.
            reduce: called with the gradient of every layer of every chunk, of the shape of the layer's output; what it
                returns stands in `Differentiated.layers`.
        """
        with evaluation(self.model, *teachers(self.references)):
            check_input(image, mask, reference, index, model=self.model)
            batch = Batch(image, mask, reference, index, inputs)
            if not self.layers:
                self._find_layers(usable(image[:1]), **batch.first_inputs())
            recipe = Recipe(self.layers, self.references, self.loss, self.variance_weight, self.review, self.output)
            chunks = batch.chunks(self.chunk, self.seed)
            return [differentiate(self.model, recipe, chunk, reduce) for chunk in chunks]

    def cost(self, image: Tensor, **inputs: Any) -> float:
        """What `estimate(image, **inputs)` costs, in plain forward passes; see `cost_in_forwards`."""
        return cost_in_forwards(self, image, **inputs)

    def check_exportable(self) -> None:
        """See `interface.Exportable`."""
        check_exportable(self.review)

    def _estimate(self, part: Differentiated[LayerMap], size: tuple[int, int]) -> UncertaintyEstimate:
        uncertainty = self.by_depth(self.combination.combine(part.layers, size), part.depth, part.keep)
        return UncertaintyEstimate(
            depth=part.depth,
            uncertainty=uncertainty,
            valid=known(self.model, uncertainty, part.depth, part.keep),
            layers={name: layer.values for name, layer in part.layers.items()},
            loss=part.loss,
        )

    def _reduce(self, gradient: Tensor, image: Tensor) -> LayerMap:
        """Over channels: (b,C,h,w) -> (b,1,h',w') without the cells that hold padding only."""
        layer = layer_map(gradient, image, self.model)
        return layer._replace(values=self.channels(layer.values))

    def by_depth(self, scores: Tensor, depth: Tensor, keep: Tensor | None) -> Tensor:
        """Scores (b,C,H,W) times the predicted depth (b,1,H,W), in the output space, to the power `depth_power`.

        `keep` (b,1,H,W) bool, True = counts; None = everywhere.
        """
        return self.combination.by_depth(scores, depth, self._space, keep)

    @property
    def _space(self) -> OutputSpace:
        return getattr(self.model, "output_space", OutputSpace())

    def _find_layers(self, image: Tensor | None, **inputs: Any) -> None:
        found = self.choice.find(image, **inputs)
        self.combination.check(found)
        self.layers = found

    def _check(self) -> None:
        if not isinstance(self.chunk, int) or self.chunk < 1:
            raise InputError(f"chunk={self.chunk} must be a whole number of images, at least 1")
        if not (math.isfinite(self.variance_weight) and self.variance_weight >= 0):
            raise InputError(f"variance_weight={self.variance_weight} must be a finite number, at least 0")
        for reference in self.references:
            layer = getattr(reference, "layer", None)
            if isinstance(layer, str):
                by_name(layer_root(self.model), layer)
        if not self.references and not self.variance_weight and self.loss not in REFERENCE_FREE:
            raise InputError(
                "reference='none' leaves the variance term alone; set variance_weight, published: 2.0, "
                "or loss='sensitivity', which needs no reference"
            )

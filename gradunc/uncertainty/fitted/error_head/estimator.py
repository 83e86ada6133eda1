"""A linear head on frozen decoder features that says the size of the error (docs/methods.md D.6).

One 1x1 convolution for each layer, whose results are resized to the image and added. Nothing is differentiated through
the network.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.ops.alignment import to_depth
from gradunc.ops.evidential import evidence
from gradunc.ops.wrappers import layer_root
from gradunc.types import Scale
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.fitted.error_head.fits import Fit, of_evidence, of_log_error
from gradunc.uncertainty.fitted.error_head.residual import photometric_residual
from gradunc.uncertainty.fitted.error_head.rows import Rows
from gradunc.uncertainty.fitted.error_head.settings import OUTPUTS, TARGETS, ErrorHeadSettings
from gradunc.uncertainty.fitted.features import channels_of
from gradunc.uncertainty.gradient.layer_choice import LayerChoice
from gradunc.uncertainty.gradient.layers import COARSE, short
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map, to_image
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.posthoc.base import Answer, Images
from gradunc.uncertainty.session import evaluation

LARGEST_SHARE = 0.01
"""Of the network's parameters, that a head may have."""

WEIGHT = "weight."
"""Before the name of a layer, under which `learned` keeps its (O,C) weights."""


class ErrorHead(FittedEstimator):
    """Size of the error by a linear head on features of the pass that gives the depth.

    `output="log_error"`: ridge regression of log |error|. Its exponential is the geometric mean of the errors; one
    factor, fitted on the same pixels, makes its mean square that of the errors, so that it is a standard deviation.
    `output="evidential"`: a normal-inverse-gamma distribution around the network's own prediction (Amini et al.,
    NeurIPS 2020), with its aleatoric and its epistemic part.

    Args:
        model: as for `GradientUncertainty`.
        layers: as for `GradientUncertainty`; None = "coarse".
        space: quantity of the error.
        output: of `OUTPUTS`.
        target: "truth", or "photometric": the least reprojection error, for data without truth; then it is a score.
        pixels: of an image that it learns from, at most.
        ridge: of log_error.
        regularizer: weight of the regulariser of evidential.
        steps: of Adam, of evidential.
        lr: step size of Adam, of evidential.
        options: see `FittedEstimator`.

    Raises:
        InputError: as `FittedEstimator`, or options that do not fit one another or the network.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: str | int | Sequence[str | int] | None = None,
        space: str = "disparity",
        output: str = "log_error",
        target: str = "truth",
        *,
        pixels: int = 1024,
        ridge: float = 1e-3,
        regularizer: float = 0.2,
        steps: int = 500,
        lr: float = 1e-2,
        **options: Any,
    ) -> None:
        super().__init__(model, space, **options)
        for name, value, names in (("output", output, OUTPUTS), ("target", target, TARGETS)):
            if value not in names:
                raise unknown(name, value, names)
        self.output, self.target = output, target
        if target == "photometric":
            self._check_photometric()
        self.learns_from_truth = target == "truth"
        self.pixels, self.ridge, self.regularizer, self.steps, self.lr = pixels, ridge, regularizer, steps, lr
        self._is_unasked = layers is None
        self.choice = LayerChoice(self.model, COARSE if layers is None else layers)
        self._layers = () if self.choice.awaits_image else self.choice.find()
        self.findings: tuple[str, ...] = ()
        """How the fit went."""

    @property
    def reads_outputs(self) -> tuple[str, ...]:
        """See `FittedEstimator`."""
        return self._layers

    @property
    def scale(self) -> Scale:
        """A standard deviation in the unit of the space; a score of photometric errors."""
        return super().scale if self.target == "truth" else Scale()

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layers were chosen."""
        if self._is_unasked and self._layers:
            return (f"layers=null chose {short(self._layers)}",)
        return self.choice.notes(self._layers)

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        own = {"output": self.output, "target": self.target, "pixels": self.pixels}
        fit = {"ridge": self.ridge} if self.output == "log_error" else {"regularizer": self.regularizer}
        adam = {} if self.output == "log_error" else {"steps": self.steps, "lr": self.lr}
        return {"layers": list(self._layers or self.choice.given), **own, **fit, **adam}

    def prepare(self, image: Tensor, inputs: Mapping[str, Any]) -> None:
        """See `FittedEstimator`."""
        if not self._layers:
            self._layers = self.choice.find(image, **inputs)

    def check_network(self, image: Tensor) -> None:
        """See `interface.check_network`."""
        with evaluation(self.model):
            self.prepare(image, {})
            depth, features = self.look(image, {})
            self._check_size(self._maps(Images(image, {}, depth, lambda: (), features)))

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """See `FittedEstimator`."""
        rows, counts, device = Rows(self.pixels, self.seed), [], torch.device("cpu")
        for one in examples:
            maps = self._maps(one.images)
            self._check_size(maps)
            counts, device = [m.values.shape[1] for m in maps], one.images.depth.device
            rows.add(maps, *self._errors(one))
        features, error = rows.table()
        if not len(error):
            seen = "is seen by the other camera at its predicted depth" if self.target == "photometric" else "is known"
            raise InputError(f"no pixel of the {self.fit_split} split {seen} and has finite features")
        found = self._fit_table(features, error)
        self.findings = (found.finding, *rows.findings())
        weights = zip(self._layers, found.head.weight.split(counts, 1), strict=True)
        learned = {**{f"{WEIGHT}{name}": w for name, w in weights}, "bias": found.head.bias, **found.numbers}
        return {name: value.to(device) for name, value in learned.items()} | {"pixels": torch.tensor(len(error))}

    def take(self, learned: Mapping[str, Tensor]) -> None:
        """See `FittedEstimator`."""
        # In the network's order, whatever that of a file is: sums of another order differ in their last digits.
        self._layers = tuple(name for name, _ in layer_root(self.model).named_modules() if f"{WEIGHT}{name}" in learned)

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        raw, learned = self._raw(images), self.learned()
        known = images.depth.isfinite() & raw.isfinite().all(1, keepdim=True)
        if self.output == "log_error":
            # No larger and no smaller than what was seen: a linear head knows nothing of what lies beyond.
            return Answer(learned["factor"] * raw.clamp(learned["low"], learned["high"]).exp(), known)
        told = evidence(raw)
        unit, aleatoric, epistemic = learned["unit"], told.aleatoric, told.epistemic
        std = (aleatoric + epistemic).sqrt()
        return Answer(unit * std, known, aleatoric=unit * aleatoric.sqrt(), epistemic=unit * epistemic.sqrt())

    def _raw(self, images: Images) -> Tensor:
        """(B,O,H,W): every layer's 1x1 convolution, resized and added."""
        size = (images.image.shape[-2], images.image.shape[-1])
        learned = self.learned()
        total = learned["bias"].view(1, -1, 1, 1)
        for name, layer in zip(self._layers, self._maps(images), strict=True):
            values = F.conv2d(layer.values, learned[f"{WEIGHT}{name}"][..., None, None])
            total = total + to_image(layer._replace(values=values), size)
        return total

    def _maps(self, images: Images) -> list[LayerMap]:
        return [
            layer_map(images.features[name], images.image, self.model, channels_of(self.model, name))
            for name in self._layers
        ]

    def _errors(self, one: Example) -> tuple[Tensor, Tensor]:
        """(B,1,H,W) error, as it is or photometric, and where it is known."""
        if self.target == "photometric":
            return photometric_residual(one.sample, to_depth(one.images.depth.float(), self.output_space))
        answer, truth = self.compared(one.images.depth), self.compared(one.truth)
        return answer - truth, one.keep & answer.isfinite() & truth.isfinite()

    def _fit_table(self, features: Tensor, error: Tensor) -> Fit:
        if self.output == "log_error":
            return of_log_error(features, error, self.ridge)
        return of_evidence(features, error, self.regularizer, self.steps, self.lr, seed=self.seed)

    def _check_size(self, maps: Sequence[LayerMap]) -> None:
        """Raise `InputError` for a head that is large beside the network."""
        outputs = 1 if self.output == "log_error" else 3
        own = outputs * (1 + sum(one.values.shape[1] for one in maps))
        network = sum(weight.numel() for weight in self.model.parameters())
        if own > LARGEST_SHARE * network:
            raise InputError(
                f"the head on {short(self._layers)} would have {own:,} parameters, more than 1% of the {network:,} of "
                "the network; name fewer layers, or narrower ones, with layers="
            )

    def _check_photometric(self) -> None:
        if self.output != "log_error":
            raise InputError("target=photometric is an error of colours, not of depth; set output=log_error")
        if self.output_space.ambiguity != "metric":
            raise InputError(
                f"target=photometric warps images by depth in metres, but the unit of this network is "
                f"{self.output_space.unit}; set target=truth"
            )


def error_head(settings: ErrorHeadSettings, parts: Parts) -> ErrorHead:
    """The estimator of `method: error_head`."""
    return ErrorHead(parts.model, **settings.arguments())

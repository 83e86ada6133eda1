"""Closed-form Laplace approximation of the last layer (docs/methods.md D.8).

MacKay, Neural Computation 1992; of the last layer: Kristiadi et al., ICML 2020. Posterior of the weights of the last
convolution, Gauss-Newton, Gaussian likelihood. One pass, and only what stands behind that layer is differentiated.
Nothing of the size pixels times pixels is ever built.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.devices import in_double
from gradunc.ops.wrappers import layer_root
from gradunc.types import Sample
from gradunc.uncertainty.checks import slice_inputs
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.fitted.features import recorded
from gradunc.uncertainty.fitted.holding_out import HeldOut, single_images
from gradunc.uncertainty.fitted.laplace_settings import LaplaceSettings
from gradunc.uncertainty.fitted.last_layer import AUTO, LastLayer, last_layer_name
from gradunc.uncertainty.fitted.posterior import covariance_filters, temperature
from gradunc.uncertainty.fitted.tail import Tail
from gradunc.uncertainty.gradient.capture import capture
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import anew
from gradunc.uncertainty.posthoc.base import Answer, Images

INPUT, LOGIT, VALUE = "input", "logit", "value"
"""Maps of a pass: what the last layer gets, what it gives, and the compared quantity computed from it."""
MOST_VALUES = 2**26
"""Pixels of an image times weights, beyond which only some of the pixels count."""


class LastLayerLaplace(FittedEstimator):
    """Standard deviation of the value at every pixel, all of it epistemic.

    Args:
        model: as for `GradientUncertainty`; its depth is computed from one logit by pointwise maps and at most a
            resize.
        space: quantity whose errors the likelihood is of.
        layer: name of the last convolution, with one output channel, or "auto" (`last_layer_name`).
        prior_precision: lambda; None = of the largest evidence.
        options: see `FittedEstimator`.

    Raises:
        InputError: as `FittedEstimator`, or a precision that is not above 0.
    """

    needs_grad = True

    def __init__(
        self,
        model: nn.Module,
        space: str = "depth",
        *,
        layer: str = AUTO,
        prior_precision: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(model, space, **options)
        if prior_precision is not None and not 0 < prior_precision < torch.inf:
            raise InputError(f"prior_precision={prior_precision} must be above 0 and finite, or null")
        self.layer, self.prior_precision = layer, prior_precision
        self._found: str | None = None

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"layer": self._found or self.layer, "prior_precision": self.prior_precision}

    @property
    def notes(self) -> tuple[str, ...]:
        """The layer, and what was fitted."""
        if not self.is_fitted:
            return ()
        error, factor, prior = (float(self._learned[name]) for name in ("error", "temperature", "prior_precision"))
        fitted = f"rms error {error:.3g}, prior precision {prior:.3g}, temperature {factor:.3g}"
        kept = "" if self._learned["held_out"] else " of the images that it has learned from, all of one scene"
        return (f"layer={self._found or self.layer}: {fitted}{kept}",)

    def fit(self, batches: Iterable[Sample]) -> None:
        """See `FittedEstimator.fit`; memory depends on neither the batch nor the number of images."""
        super().fit(single_images(batches))

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """See `FittedEstimator`."""
        held_out = HeldOut(self.seed)
        products, squares, count = torch.zeros((), dtype=torch.float64), 0.0, 0
        last = self._last_layer() if self._found else None
        for example in examples:
            last = last or self._last_layer()
            rows, errors, keep = self._rows(last, example)
            if held_out.takes(example.sample):
                held_out.add(rows[keep], errors[keep])
                continue
            held_out.remember(rows[keep], errors[keep])
            # Of an image of which only some pixels count, each stands for several.
            usable = in_double(rows[rows.isfinite().all(1)])
            products = products.to(usable.device) + usable.T @ usable * (example.truth.numel() / len(rows))
            squares, count = squares + float(in_double(errors[keep]).square().sum()), count + int(keep.sum())
        assert last is not None, "there was an example, or there would be an error"
        if not count:
            raise InputError(f"the images of the {self.fit_split} split that are not held out have no true depth")
        error = (squares / count) ** 0.5
        filters, prior = covariance_filters(products / max(error, 1e-12) ** 2, last.weights, self.prior_precision)
        factor = temperature(filters, *held_out.examples)
        if not 0 < factor < torch.inf:
            raise InputError(
                f"no temperature can be fitted to the {self.fit_split} split: its errors or the derivatives of the "
                "network there are all 0"
            )
        return {
            "filters": (filters * factor**0.5).float(),
            "temperature": torch.tensor(factor),
            "prior_precision": torch.tensor(prior),
            "error": torch.tensor(error),
            "held_out": torch.tensor(held_out.is_apart),
        }

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        last, tail = self._last_layer(), Tail(images.features[LOGIT], images.features[VALUE])
        parts = last.carried(images.features[INPUT], tail, self._learned["filters"].to(images.image.device))
        std = torch.stack([part.float().square().sum(1, keepdim=True) for part in parts]).sum(0).sqrt()
        return Answer(std, std.isfinite() & images.depth.isfinite(), epistemic=std)

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `PassEstimator`; the maps are `INPUT`, and `LOGIT` and `VALUE` with the graph between them."""
        self.prepare(image[:1], slice_inputs(inputs, len(image), 0, 1))
        return self._pass(image, inputs)

    def prepare(self, image: Tensor, inputs: Mapping[str, Any]) -> None:
        """See `FittedEstimator`.

        Raises:
            InputError: no such layer, one that is no convolution of its input, or more behind it than pointwise maps
                and a resize.
        """
        if self._found is not None:
            return
        found = last_layer_name(self.model, self.layer, image, inputs)
        self._found = found
        try:
            _check(found, self._last_layer(), self._pass(image, inputs)[1])
        except InputError:
            self._found = None
            raise

    def _pass(self, image: Tensor, inputs: Mapping[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """What `look` gives."""
        assert self._found is not None, "`prepare` comes first"
        name = self._found
        with recorded(self.model, (), [name]) as given, capture(layer_root(self.model), [name]) as captured:
            depth = anew(self.model, image, inputs).depth
        if name not in captured.tensors or not depth.requires_grad:
            raise InputError(
                f"the depth does not depend on layer '{name}' in a way that can be differentiated; name the last "
                "convolution with layer="
            )
        with torch.enable_grad():
            return depth, {INPUT: given[name], LOGIT: captured.tensors[name], VALUE: self.compared(depth)}

    def _last_layer(self) -> LastLayer:
        assert self._found is not None, "a pass comes first"
        convolution = layer_root(self.model).get_submodule(self._found)
        assert isinstance(convolution, nn.Conv2d)
        return LastLayer(convolution)

    def _rows(self, last: LastLayer, example: Example) -> tuple[Tensor, Tensor, Tensor]:
        """Of one image: features of its pixels (n,D), errors (n,), and where both are known (n,) bool."""
        features = example.images.features
        tail = Tail(features[LOGIT], features[VALUE])
        rows, chosen = last.rows(features[INPUT], tail, MOST_VALUES // last.size)
        errors = (self.compared(example.truth) - features[VALUE].detach()).flatten()[chosen]
        return rows, errors, example.keep.flatten()[chosen] & errors.isfinite() & rows.isfinite().all(1)


def _check(name: str, last: LastLayer, maps: Mapping[str, Tensor]) -> None:
    """`InputError` unless a layer is a convolution of its input, and what stands behind it is local."""
    logit = maps[LOGIT].detach().float()
    if logit.shape[1] != 1:
        raise InputError(
            f"layer '{name}' has {logit.shape[1]} outputs, as networks of bins do; last_layer_laplace takes a layer "
            "with one: use another method"
        )
    own = last.maps(maps[INPUT], last.weights[None])
    if own.shape != logit.shape or not torch.allclose(own, logit, rtol=1e-2, atol=1e-2 * float(logit.abs().max())):
        raise InputError(f"layer '{name}' computes something else than a convolution of its first argument")
    if not Tail(maps[LOGIT], maps[VALUE]).is_local():
        raise InputError(
            f"between layer '{name}' and the depth stands more than pointwise maps and a resize: a cell of it "
            "changes pixels far away; name the last convolution with layer=, or use another method"
        )


def last_layer_laplace(settings: LaplaceSettings, parts: Parts) -> LastLayerLaplace:
    """The estimator of `method: last_layer_laplace`."""
    return LastLayerLaplace(parts.model, **settings.arguments())

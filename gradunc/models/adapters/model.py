"""What an adapted network is: normalise, pad, ask the inner module, resize, crop."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.adapters.answers import Resize, ToPrediction, as_prediction, cropped, fitted, resize_for
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.models.contract import DepthModel
from gradunc.ops.checks import check_image, check_range
from gradunc.ops.devices import device_of, dtype_of
from gradunc.ops.padding import pad_to_multiple, padded_size
from gradunc.ops.wrappers import bare, is_data_parallel
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import CELL, DepthPrediction, OutputSpace

Forward = Callable[..., Any]
"""(module, image (B,3,H,W) normalised and padded, **inputs) -> anything."""
Decode = Callable[[nn.Module, Any, tuple[int, int]], Any]
"""(module, features, (height, width) [px] of the padded image) -> what `to_prediction` takes."""

Limits = tuple[float | None, float | None]
"""Smallest and largest output that a module clips to; None = it does not."""


@dataclass(frozen=True)
class Adaptation:
    """How a module is asked and what its answer means; the fields are the parameters of `adapt`."""

    to_prediction: ToPrediction
    output_space: OutputSpace
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    multiple: int = 1
    size: tuple[int, int] | None = None
    resize: Resize | None = None
    forward: Forward | None = None
    encode: Forward | None = None
    decode: Decode | None = None
    auto_layer: str | None = None
    backbone: str | None = None
    own_uncertainty: OwnUncertainty | None = None
    coarse: str | int | None = None
    coarse_to_prediction: ToPrediction | None = None
    noise_seed: int | None = None
    limits: Limits | None = None


FARTHEST = 1000.0
"""Depth at most that losses see of a network of disparity: the inverse of values near 0, and of negative ones."""


class AdaptedModel(DepthModel):
    """Image in [0,1] -> `DepthPrediction` of the same size, by a module that knows nothing of either.

    Args:
        module: the network, possibly inside `torch.compile` or DDP.
        adaptation: see `adapt`.
    """

    KIND: ClassVar[str] = "adapted"
    auto_layer: str
    """What `layers="auto"` takes; absent if it has to be searched."""

    def __init__(self, module: nn.Module, adaptation: Adaptation) -> None:
        super().__init__()
        self.module = module
        self.adaptation = adaptation
        self.origin: dict[str, Any] = {}
        """Plain values from which `load_model` builds the module; empty if only its author can."""
        self.preparation: ImagePreparation | None = None
        """How `predict` resizes images for it; None = to `size`, as for every network."""
        self.output_space, self.own_uncertainty = adaptation.output_space, adaptation.own_uncertainty
        self.multiple, self.noise_seed = adaptation.multiple, adaptation.noise_seed
        self.output_limits = adaptation.limits
        self.coarse_output = adaptation.coarse
        """What `output="coarse"` takes: a module's name, or the number of a scale; None = nothing is known."""
        if adaptation.size is not None:
            self.size = adaptation.size
        if adaptation.auto_layer is not None:
            self.auto_layer = adaptation.auto_layer
        self._resize = adaptation.resize or resize_for(adaptation.output_space)
        self._data_parallel = is_data_parallel(module)
        dtype, device = dtype_of(module), device_of(module)
        # Also if it is adapted in inference mode, whose tensors can never enter autograd.
        with torch.inference_mode(False):
            for name in ("mean", "std"):
                values = torch.tensor(getattr(adaptation, name), dtype=dtype, device=device)
                self.register_buffer(name, values.view(1, 3, 1, 1), persistent=False)

    @property
    def layer_root(self) -> nn.Module:
        """The network whose module names are the names of the layers."""
        return bare(self.module)

    def forward(self, image: Tensor, **inputs: Any) -> DepthPrediction:
        """Predict depth.

        Args:
            image: (B,3,H,W) float in [0,1], any height and width.
            inputs: more arguments of the inner module.

        Raises:
            InputError: an image of another shape or type or, in eval mode, out of range; or an answer that is no
                depth map.
        """
        network, normalised = self._network(), self._normalised(image)
        ask = self.adaptation.forward
        inputs = self._with_noise(inputs)
        raw = network(normalised, **inputs) if ask is None else ask(network, normalised, **inputs)
        return self._prediction(raw, (image.shape[-2], image.shape[-1]))

    def resize_depth(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize a depth map of this model, (B,1,h,w) -> (B,1,*size), in the quantity that may be averaged."""
        return self._resize(depth, size)

    def coarse_prediction(self, raw: Any, size: tuple[int, int]) -> DepthPrediction:
        """What the module `coarse_output` has returned, as depth at 1/4 of the resolution.

        Args:
            raw: of any resolution, over the whole padded image.
            size: height and width (H,W) of the image [px].

        Returns:
            Depth (B,1,ceil(H/4),ceil(W/4)), and log_scale likewise if it is told.

        Raises:
            InputError: no depth can be made of it.
        """
        convert = self.adaptation.coarse_to_prediction or self.adaptation.to_prediction
        try:
            prediction = as_prediction(convert(raw))
        except (InputError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise InputError(
                f"coarse='{self.coarse_output}' gives no depth ({type(error).__name__}: {error}); give "
                "coarse_to_prediction, from what this module returns to depth (B,1,h,w)"
            ) from error
        prediction = prediction._replace(scales=(prediction.depth,), uncertainty_scales=(), extras={})
        height, width = padded_size(*size, self.multiple)
        cells = fitted(prediction, (-(-height // CELL), -(-width // CELL)), self._resize)
        return cropped(cells, (-(-size[0] // CELL), -(-size[1] // CELL)))

    @property
    def backbone(self) -> nn.Module | None:
        """The encoder that `adapt` was told of."""
        name = self.adaptation.backbone
        return None if name is None else self.layer_root.get_submodule(name)

    def all_scales(self, image: Tensor) -> DepthPrediction:
        """The prediction; see `DepthModel`. Activations are in the quantity of the output space."""
        return self(image)

    def to_depth(self, activation: Tensor) -> Tensor:
        """Depth as it is; disparity (B,1,h,w) -> 1 / disparity, at most `FARTHEST`."""
        if self.output_space.quantity == "depth":
            return activation
        return 1 / activation.clamp_min(1 / FARTHEST)

    def check_trainable(self, needs: Mapping[str, str]) -> None:
        """Raise `InputError` for depth up to a shift where it must be positive, and disparity where depth is needed."""
        space = self.output_space
        missing = "output_depth" if space.quantity == "disparity" else "positive_depth"
        if space.ambiguity == "affine" and missing in needs:
            raise InputError(
                f"this network predicts {space.quantity} up to a factor and a shift, of which no "
                f"{'positive ' if space.quantity == 'depth' else ''}depth follows; to train it, adapt it with "
                f"output_space=OutputSpace('{space.quantity}', 'metric')"
            )

    def description(self) -> dict[str, Any]:
        """How the module is asked, and, if `origin` says it, what it is."""
        told = self.adaptation
        return {
            "class": type(self.layer_root).__name__,
            "mean": list(told.mean),
            "std": list(told.std),
            "multiple": told.multiple,
            "size": None if told.size is None else list(told.size),
            "output_space": asdict(told.output_space),
            **({} if told.coarse is None else {"coarse": told.coarse}),
            **({} if told.noise_seed is None else {"noise_seed": told.noise_seed}),
            **({} if self.preparation is None else {"preparation": asdict(self.preparation)}),
            "dtype": str(self.mean.dtype).removeprefix("torch."),
            **self.origin,
        }

    def _with_noise(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Inputs of the module; one that draws noise is told the seed."""
        return inputs if self.noise_seed is None else {"noise_seed": self.noise_seed, **inputs}

    def _network(self) -> nn.Module:
        """What is asked. DDP synchronises in every forward pass, which only training wants: ranks may differ else."""
        return bare(self.module) if self._data_parallel and not self.training else self.module

    def _normalised(self, image: Tensor) -> Tensor:
        check_image(image)
        if not self.training:
            check_range(image)
        normalised = (pad_to_multiple(image, self.multiple) - self.mean) / self.std
        return normalised.to(self.mean.dtype)

    def _prediction(self, raw: Any, size: tuple[int, int]) -> DepthPrediction:
        if raw is None or isinstance(raw, int | float | str):
            name = type(self.layer_root).__name__
            raise InputError(f"the adapted {name} returned {raw!r}, of which to_prediction makes no depth")
        prediction = as_prediction(self.adaptation.to_prediction(raw))
        return cropped(fitted(prediction, padded_size(*size, self.multiple), self._resize), size)


class SplitAdaptedModel(AdaptedModel):
    """An adapted network with an encoder and a decoder, so that features can be changed without running both."""

    def encode(self, image: Tensor, **inputs: Any) -> Any:
        """Features (tensors in any nesting of tuples, lists and dicts) of an image (B,3,H,W) in [0,1]."""
        assert self.adaptation.encode is not None, "checked by adapt"
        return self.adaptation.encode(bare(self.module), self._normalised(image), **self._with_noise(inputs))

    def decode(self, features: Any, size: tuple[int, int]) -> DepthPrediction:
        """From features to depth of the image's `size` (height, width) [px]."""
        assert self.adaptation.decode is not None, "checked by adapt"
        raw = self.adaptation.decode(bare(self.module), features, padded_size(*size, self.multiple))
        return self._prediction(raw, size)

    def forward(self, image: Tensor, **inputs: Any) -> DepthPrediction:
        """See `AdaptedModel`; the decoder's answer to the encoder's features.

        Raises:
            InputError: training with a data-parallel module inside, whose processes would not hear of one another.
        """
        if self._data_parallel and self.training:
            raise InputError("wrap the adapted model in DistributedDataParallel, not the module inside it")
        return self.decode(self.encode(image, **inputs), (image.shape[-2], image.shape[-1]))

"""What of a network's answer is differentiated and compared: the depth of every pixel, or one at 1/4 of the resolution.

docs/methods.md A.13.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError, unknown
from gradunc.ops.cells import spread
from gradunc.ops.wrappers import layer_root
from gradunc.types import CELL, CoarseDecoding, DepthPrediction
from gradunc.uncertainty.asking import ask, copied
from gradunc.uncertainty.checks import prediction_of
from gradunc.uncertainty.gradient.halfway import run_until
from gradunc.uncertainty.gradient.settings import OUTPUTS


class Answer(NamedTuple):
    """What a network says of a chunk of images, as far as it is compared, and how the rest is had."""

    compared: DepthPrediction
    """Of the image's size, or of its cells (b,1,ceil(H/4),ceil(W/4))."""
    finish: Callable[[], DepthPrediction]
    """The prediction of the image's size, from what has been computed so far."""

    __repr__ = brief_repr


class Output(Protocol):
    """How a network is asked for what is compared."""

    cell: int
    """Pixels along a side of what one number of a comparison stands for."""
    has_head: bool
    """Whether it is another output than the full prediction."""
    name: str
    """For descriptions."""
    note: str
    """What it is, if it has a head."""

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], *, finish: bool = True) -> Answer:
        """Of images (b,3,H,W), which are left alone; without `finish` nobody will ask how the rest is had."""
        ...

    def of_features(self, model: nn.Module, features: Any, image: Tensor, *, finish: bool = True) -> Answer:
        """Of what `model.encode(image)` returned, or of changed features."""
        ...


class FullOutput:
    """The prediction itself."""

    cell, has_head, name, note = 1, False, "full", ""

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], *, finish: bool = True) -> Answer:
        """See `Output`."""
        return _whole(ask(model, image, inputs))

    def of_features(self, model: nn.Module, features: Any, image: Tensor, *, finish: bool = True) -> Answer:
        """See `Output`."""
        return _whole(_decoded(model, features, image))


class PooledOutput(FullOutput):
    """The prediction, whose pixels are averaged over cells before it is compared: for networks without coarse heads."""

    cell, name = CELL, "pooled"


class CoarseHead:
    """The trained head at 1/4 of the resolution. What stands behind it keeps no graph, and runs once."""

    cell, has_head, name, note = CELL, True, "coarse head", "the network's head at 1/4 of the resolution"

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], *, finish: bool = True) -> Answer:
        """See `Output`."""
        return self.of_features(model, model.encode(image.clone(), **copied(dict(inputs))), image)  # pyright: ignore[reportCallIssue]

    def of_features(self, model: nn.Module, features: Any, image: Tensor, *, finish: bool = True) -> Answer:
        """See `Output`."""
        coarse = model.decode_coarse(features, _size(image))  # pyright: ignore[reportCallIssue]
        shape = (len(image), 1, *_cells(image))
        if not isinstance(coarse, CoarseDecoding) or tuple(coarse.prediction.depth.shape) != shape:
            raise InputError(f"{type(model).__name__}.decode_coarse must return a CoarseDecoding with depth {shape}")
        return Answer(coarse.prediction, lambda: prediction_of(coarse.finish(), image))


class NamedModule:
    """What one module of an adapted network returns, at 1/4 of the resolution: `adapt(..., coarse=NAME)`.

    The network runs once; what runs behind the module keeps no graph, and does not run where only this is wanted.
    """

    cell, has_head = CELL, True

    def __init__(self, module: str) -> None:
        self.module = module
        self.name, self.note = f"module {module}", f"what '{module}' gives, at 1/4 of the resolution"

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], *, finish: bool = True) -> Answer:
        """See `Output`."""
        return self._until(model, image, lambda: ask(model, image, inputs), finish=finish)

    def of_features(self, model: nn.Module, features: Any, image: Tensor, *, finish: bool = True) -> Answer:
        """See `Output`."""
        return self._until(model, image, lambda: _decoded(model, features, image), finish=finish)

    def _until(self, model: nn.Module, image: Tensor, run: Callable[[], DepthPrediction], *, finish: bool) -> Answer:
        raw, full = run_until(layer_root(model).get_submodule(self.module), self.module, run, finish=finish)
        coarse = model.coarse_prediction(raw, _size(image))  # pyright: ignore[reportCallIssue]
        # Without `finish` nobody asks for more than the coarse prediction.
        return Answer(coarse, lambda: coarse if full is None else full)


class NamedScale:
    """Scale i of the scales that an adapted network returns, at 1/4 of the resolution: `adapt(..., coarse=i)`.

    The graph of what leads to the other scales is recorded and freed again; nothing of it is differentiated.
    """

    cell, has_head = CELL, True

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.name, self.note = f"scale {scale}", f"scale {scale} of the network, at 1/4 of the resolution"

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], *, finish: bool = True) -> Answer:
        """See `Output`."""
        return self._of(model, image, ask(model, image, inputs))

    def of_features(self, model: nn.Module, features: Any, image: Tensor, *, finish: bool = True) -> Answer:
        """See `Output`."""
        return self._of(model, image, _decoded(model, features, image))

    def _of(self, model: nn.Module, image: Tensor, prediction: DepthPrediction) -> Answer:
        if len(prediction.scales) <= self.scale:
            raise InputError(
                f"coarse={self.scale}, but the network gives {len(prediction.scales)} scale(s), counted from 0; let "
                "to_prediction return DepthPrediction(depth, scales=...), finest first, or name a module"
            )
        coarse = model.resize_depth(prediction.scales[self.scale], _cells(image))  # pyright: ignore[reportCallIssue]
        full = DepthPrediction(prediction.depth.detach())
        return Answer(DepthPrediction(coarse), lambda: full)


FULL = FullOutput()


def output_of(name: str, model: nn.Module) -> Output:
    """The output of that name, of `OUTPUTS`, in a network.

    Raises:
        InputError: an unknown name.
    """
    if name not in OUTPUTS:
        raise unknown("output", name, OUTPUTS)
    if name == "full":
        return FULL
    told = getattr(model, "coarse_output", None)
    if isinstance(told, str | int):
        return NamedModule(told) if isinstance(told, str) else NamedScale(told)
    can_stop = callable(getattr(model, "decode_coarse", None)) and getattr(model, "has_coarse_head", True)
    return CoarseHead() if can_stop else PooledOutput()


def notes_of(output: Output, model: nn.Module, *, left_out: bool) -> tuple[str, ...]:
    """What a coarse output is, for people.

    Args:
        output: of the estimator.
        model: the network.
        left_out: whether a reference had nothing to compare and was left out.
    """
    if output.cell == 1:
        return ()
    if output.has_head:
        return (f"output=coarse: {output.note}",)
    said = "; reference=scale is left out, for it has nothing to compare" if left_out else ""
    name = type(layer_root(model)).__name__
    return (f"output=coarse: {name} has no coarse head, its depth is averaged over 4x4 pixels{said}",)


def depth_of(answer: Answer, output: Output, image: Tensor) -> Tensor:
    """What is compared, for every pixel of an image (b,3,H,W), without graph: (b,1,H,W)."""
    depth = answer.compared.depth.detach()
    return spread(depth, output.cell, _size(image)) if output.has_head else depth


def _whole(prediction: DepthPrediction) -> Answer:
    return Answer(prediction, lambda: prediction)


def _decoded(model: nn.Module, features: Any, image: Tensor) -> DepthPrediction:
    return prediction_of(model.decode(features, _size(image)), image)  # pyright: ignore[reportCallIssue]


def _cells(image: Tensor) -> tuple[int, int]:
    return -(-image.shape[-2] // CELL), -(-image.shape[-1] // CELL)


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]

"""What of a network's answer is differentiated and compared: the depth of every pixel, or one at 1/4 of the resolution.

docs/methods.md A.13.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError, unknown
from gradunc.ops.cells import spread
from gradunc.types import CELL, CoarseDecoding, DepthPrediction
from gradunc.uncertainty.asking import ask, copied
from gradunc.uncertainty.checks import prediction_of
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

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any]) -> Answer:
        """Of images (b,3,H,W), which are left alone."""
        ...

    def of_features(self, model: nn.Module, features: Any, image: Tensor) -> Answer:
        """Of what `model.encode(image)` returned, or of changed features."""
        ...


class FullOutput:
    """The prediction itself."""

    cell, has_head = 1, False

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any]) -> Answer:
        """See `Output`."""
        return _whole(ask(model, image, inputs))

    def of_features(self, model: nn.Module, features: Any, image: Tensor) -> Answer:
        """See `Output`."""
        return _whole(prediction_of(model.decode(features, _size(image)), image))  # pyright: ignore[reportCallIssue]


class PooledOutput(FullOutput):
    """The prediction, whose pixels are averaged over cells before it is compared: for networks without coarse heads."""

    cell = CELL


class CoarseHead:
    """The trained head at 1/4 of the resolution. What stands behind it keeps no graph, and runs once."""

    cell, has_head = CELL, True

    def of_image(self, model: nn.Module, image: Tensor, inputs: Mapping[str, Any]) -> Answer:
        """See `Output`."""
        return self.of_features(model, model.encode(image.clone(), **copied(dict(inputs))), image)  # pyright: ignore[reportCallIssue]

    def of_features(self, model: nn.Module, features: Any, image: Tensor) -> Answer:
        """See `Output`."""
        coarse = model.decode_coarse(features, _size(image))  # pyright: ignore[reportCallIssue]
        shape = (len(image), 1, *(-(-side // CELL) for side in _size(image)))
        if not isinstance(coarse, CoarseDecoding) or tuple(coarse.prediction.depth.shape) != shape:
            raise InputError(f"{type(model).__name__}.decode_coarse must return a CoarseDecoding with depth {shape}")
        return Answer(coarse.prediction, lambda: prediction_of(coarse.finish(), image))


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
    can_stop = callable(getattr(model, "decode_coarse", None)) and getattr(model, "has_coarse_head", True)
    return CoarseHead() if can_stop else PooledOutput()


def depth_of(answer: Answer, output: Output, image: Tensor) -> Tensor:
    """What is compared, for every pixel of an image (b,3,H,W), without graph: (b,1,H,W)."""
    depth = answer.compared.depth.detach()
    return spread(depth, output.cell, _size(image)) if output.has_head else depth


def _whole(prediction: DepthPrediction) -> Answer:
    return Answer(prediction, lambda: prediction)


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]

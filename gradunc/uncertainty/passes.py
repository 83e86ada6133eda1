"""Forward passes that several estimators need, computed once per batch.

Within `shared_passes()` the plain and the mirrored prediction of the same images by the same network are kept until the
context ends. Outside of it every call computes. Each thread has its own. Estimators share what they cut alike: one that
goes through a batch image by image shares with others that do, not with those that ask for the whole batch, because
the two differ in their last digits. With `data.eval_batch_size=1` all share.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from gradunc.ops.wrappers import bare
from gradunc.types import DepthPrediction
from gradunc.uncertainty.asking import ask


class Passes:
    """The predictions of one batch."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[DepthPrediction, list[Any]]] = {}
        self.computed = 0
        """Forward passes that were run."""
        self.reused = 0
        """Forward passes that another estimator had run before."""

    def keep(self, prediction: DepthPrediction, model: nn.Module, image: Tensor, **inputs: Any) -> None:
        """Take a plain prediction (made in eval mode) that somebody else has made already; its graph is left out."""
        key, owners = _key("plain", model, image, inputs)
        self._found[key] = tree_map(_without_graph, prediction), owners

    def once(
        self, kind: str, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], ask: Callable[[], DepthPrediction]
    ) -> DepthPrediction:
        """The prediction of that kind, asked for if nobody has before."""
        key, owners = _key(kind, model, image, inputs)
        if key in self._found:
            self.reused += 1
        else:
            self.computed += 1
            self._found[key] = ask(), owners
        return self._found[key][0]


_active: ContextVar[Passes | None] = ContextVar("gradunc_passes", default=None)


@contextmanager
def shared_passes() -> Iterator[Passes]:
    """Share forward passes among the estimators that are asked in this context."""
    passes = Passes()
    token = _active.set(passes)
    try:
        yield passes
    finally:
        _active.reset(token)


def plain(model: nn.Module, image: Tensor, inputs: Mapping[str, Any] | None = None) -> DepthPrediction:
    """The prediction of the image as it is, without graph; call it inside `session.evaluation(model)`.

    Args:
        model: returns a `DepthPrediction`.
        image: (B,3,H,W) float in [0,1].
        inputs: further arguments of the network.

    Returns:
        A prediction that may be shared: do not change it in place.
    """
    return _once("plain", model, image, inputs or {}, lambda: ask(model, image, inputs))


def anew(model: nn.Module, image: Tensor, inputs: Mapping[str, Any] | None = None) -> DepthPrediction:
    """As `plain`, but computed even if it is there already: for who looks into the network meanwhile."""
    with torch.no_grad():
        prediction = ask(model, image, inputs)
    if (passes := _active.get()) is not None:
        passes.computed += 1
        passes.keep(prediction, model, image, **(inputs or {}))
    return prediction


def mirrored(model: nn.Module, image: Tensor, inputs: Mapping[str, Any] | None = None) -> DepthPrediction:
    """The prediction of the mirrored image, its maps mirrored back; otherwise as `plain`.

    The principal point of given intrinsics is mirrored with the image.
    """
    return _once("mirrored", model, image, inputs or {}, lambda: _ask_mirrored(model, image, dict(inputs or {})))


def _without_graph(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf


def mirrored_inputs(image: Tensor, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Further arguments of the network for the mirrored image (B,3,H,W): the principal point is mirrored too."""
    if "intrinsics" not in inputs:
        return dict(inputs)
    intrinsics = inputs["intrinsics"].clone()
    intrinsics[..., 0, 2] = image.shape[-1] - 1 - intrinsics[..., 0, 2]
    return {**inputs, "intrinsics": intrinsics}


def _once(
    kind: str, model: nn.Module, image: Tensor, inputs: Mapping[str, Any], ask: Callable[[], DepthPrediction]
) -> DepthPrediction:
    passes = _active.get()
    with torch.no_grad():
        return ask() if passes is None else passes.once(kind, model, image, inputs, ask)


def _ask_mirrored(model: nn.Module, image: Tensor, inputs: dict[str, Any]) -> DepthPrediction:
    prediction = ask(model, image.flip(-1), mirrored_inputs(image, inputs))
    log_scale = prediction.log_scale
    return DepthPrediction(
        prediction.depth.flip(-1),
        log_scale=None if log_scale is None else log_scale.flip(-1),
        extras={name: values.flip(-1) for name, values in prediction.extras.items()},
    )


def _key(
    kind: str, model: nn.Module, image: Tensor, inputs: Mapping[str, Any]
) -> tuple[tuple[Hashable, ...], list[Any]]:
    """What tells passes apart, and what must be kept alive so that addresses stay unique."""
    owners = [bare(model), image, *inputs.values()]
    arguments = tuple((name, _identity(value)) for name, value in sorted(inputs.items()))
    return (kind, id(owners[0]), _identity(image), arguments), owners


def _identity(value: Any) -> Hashable:
    if not isinstance(value, Tensor):
        return id(value)
    version = None if value.is_inference() else value._version
    return value.data_ptr(), tuple(value.shape), value.stride(), value.dtype, str(value.device), version

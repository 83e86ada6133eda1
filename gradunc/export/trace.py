"""An estimator as one graph: image in, depth and uncertainty out, a backward pass among its operators if it has one."""

import os
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from gradunc.errors import InputError
from gradunc.export.adjoints import ADJOINTS
from gradunc.export.adjoints.constants import constant
from gradunc.export.graph import clean, narrow_channels
from gradunc.ops.checks import one_call
from gradunc.ops.devices import device_of, dtype_of
from gradunc.uncertainty.interface import Exportable

ADVICE = "choose a layer behind it, or add its adjoint to gradunc/export/adjoints"


def trace(estimator: Exportable, size: tuple[int, int], *, batch: int = 1, ordinary: bool = True) -> fx.GraphModule:
    """Record what `estimator.estimate` computes for images of one size, as operators of one graph.

    The estimator itself is run, so that the graph does what it does. The graph reads the estimator's weights, whose
    derived constants it holds as copies: trace again after training on.

    Args:
        estimator: of a network on any device; constants stay there.
        size: height and width of the images [px].
        batch: images per call.
        ordinary: True = rewrite backward operators as forward ones, which any runtime knows.

    Returns:
        A module `image` (batch,3,*size) in [0,1] -> (`depth`, `uncertainty`), (batch,1,*size) each. Pixels whose
        uncertainty is not known are NaN. References that draw random numbers draw those of index 0 for every image.

    Raises:
        InputError: an operator without adjoint, code that asks for the value of a tensor, or what `check_exportable`
            and `estimate` raise.
    """
    estimator.check_exportable()
    network = estimator.model
    image = torch.rand(batch, 3, *size, device=device_of(network), dtype=dtype_of(network))
    if not estimator.layers:
        estimator.estimate(image)  # finds the layer of "auto"
    module = record(_outputs(estimator, batch), image, ordinary=ordinary)
    if ordinary:
        check_ordinary(module)
    return module


def record(function: Callable[[Tensor], Any], image: Tensor, *, ordinary: bool = True) -> fx.GraphModule:
    """The operators that a function of an image runs, as a clean graph; arguments as in `trace`."""
    # Attention in one fused operator has a backward that nothing else knows; as products and a softmax it has none.
    # A graph cannot depend on the range of its image.
    with sdpa_kernel(SDPBackend.MATH), one_call(known=True):
        module = _run(function, image, {})
    narrow_channels(module)
    # Without operators that work in place, or folded constants would be overwritten.
    module = _run(torch.func.functionalize(module), image, dict(ADJOINTS) if ordinary else {})
    clean(module, largest=image.numel())
    return module.eval()


class _ConstantDraws(TorchFunctionMode):
    """Random numbers of a seeded generator become constants of the graph."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Every call of the API; see `TorchFunctionMode`."""
        kwargs = kwargs or {}
        if kwargs.get("generator") is None:
            return func(*args, **kwargs)
        return constant(lambda: func(*args, **kwargs))


def _outputs(estimator: Exportable, batch: int) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    index = torch.zeros(batch, dtype=torch.long)

    def outputs(image: Tensor) -> tuple[Tensor, Tensor]:
        with _ConstantDraws():
            estimate = estimator.estimate(image, index=index)
        return estimate.depth, torch.where(estimate.valid, estimate.uncertainty, torch.nan)

    return outputs


def _run(function: Callable[..., Any], image: Tensor, table: dict[Any, Any]) -> fx.GraphModule:
    """On real tensors: an engine that looks at sizes and settings may do so, its result becomes part of the graph."""
    try:
        module = make_fx(function, tracing_mode="real", decomposition_table=table)(image)
    except RuntimeError as error:
        if "_local_scalar_dense" not in str(error):
            raise
        raise InputError(
            f"{_place(error)} makes a number of a tensor, which may be another one for another image; such a network "
            "cannot be exported"
        ) from error
    names = [node for node in module.graph.nodes if node.op == "placeholder"]
    names[0].target = names[0].name = "image"
    return module


def _place(error: BaseException) -> str:
    """The last line of code that is neither of torch nor of this file, where an error came from."""
    others = (f"{Path(torch.__file__).parent}{os.sep}", __file__)
    frames = [one for one in extract_tb(error.__traceback__) if not one.filename.startswith(others)]
    return f"line {frames[-1].lineno} of {Path(frames[-1].filename).name} ({frames[-1].line})"


def check_ordinary(module: fx.GraphModule) -> None:
    """Raise `InputError` that names the first backward operator left."""
    for node in module.graph.nodes:
        name = str(node.target)
        if node.op == "call_function" and "backward" in name:
            raise InputError(
                f"operator '{name.removesuffix('.default')}' has no adjoint, so it cannot be exported; {ADVICE}"
            )

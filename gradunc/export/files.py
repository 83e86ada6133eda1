"""Writing a traced estimator as `.onnx` or `.pt2`, complete and checked or not at all."""

import json
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import fx

from gradunc.errors import InputError
from gradunc.export.agreement import Agreement, agreement, check_agreement
from gradunc.export.formats import write_onnx, write_pt2
from gradunc.export.runtimes import run_onnx, run_pt2
from gradunc.export.trace import trace
from gradunc.files import replacing
from gradunc.ops.sizes import training_size
from gradunc.types import OutputSpace
from gradunc.uncertainty.interface import Exportable, Fitted, learned_from

LARGEST = 2**31 - 2**20
"""Bytes of weights that fit into one protobuf file beside the operators."""

WRITERS: dict[str, Callable[[fx.GraphModule, tuple[int, ...], Path, Mapping[str, str]], None]] = {
    ".onnx": write_onnx,
    ".pt2": write_pt2,
}
RUNTIMES = {".onnx": run_onnx, ".pt2": run_pt2}


class Exported(NamedTuple):
    """A file that was written."""

    path: Path
    size: tuple[int, int]
    """Height and width [px] of the images it takes."""
    agreement: Agreement | None
    """With the estimator, on a random image; None = not compared, onnxruntime is not installed."""


def check_target(path: str | Path) -> Path:
    """What can be told about a target before anything is loaded.

    Raises:
        InputError: a suffix that no writer knows, a missing package, a folder in the way.
    """
    path = Path(path)
    if path.suffix not in WRITERS:
        raise InputError(f"'{path}' must end with .onnx or .pt2, which say what is written")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder; give the name of a file")
    missing = [name for name in ("onnx", "onnxscript") if path.suffix == ".onnx" and find_spec(name) is None]
    if missing:
        raise InputError(
            f"export to .onnx needs the package {missing[0]}: pip install 'gradunc[onnx]' (.pt2 needs none)"
        )
    return path


def export_estimator(
    estimator: Exportable,
    path: str | Path,
    size: tuple[int, int] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    checkpoint: str | None = None,
    data: str | None = None,
) -> Exported:
    """Write one file that gives depth and uncertainty without autograd and without gradunc.

    The file takes `image` (1,3,*size) float32 in [0,1] and gives `depth` and `uncertainty` (1,1,*size); uncertainty
    is NaN where it is not known. The size is fixed: export again for another one.

    Args:
        estimator: of a network on the CPU.
        path: ends with `.onnx` or `.pt2`; the folder is made.
        size: height and width [px]; the network's training size if omitted.
        settings: of the estimator, for the metadata; its layers are stored in any case.
        checkpoint: where the weights came from, for the metadata.
        data: what the estimator has learned from, for the metadata; default: what it says itself.

    Raises:
        InputError: a wrong path or a missing package, an operator without adjoint or lowering, weights that do not
            fit, a file that does not agree with the estimator.
    """
    path = check_target(path)
    size = size or training_size(estimator.model)
    if size is None:
        raise InputError("the model does not say its size; give size=(height, width)")
    _check_weights(estimator, path)
    module = trace(estimator, size)
    data = data or (learned_from(estimator) if isinstance(estimator, Fitted) else None)
    told = {**_metadata(estimator, size, settings), "learned_from": data, "checkpoint": checkpoint}
    metadata = {key: json.dumps(value) for key, value in told.items()}
    try:
        with replacing(path, durable=True) as (partial,):
            WRITERS[path.suffix](module, (1, 3, *size), partial, metadata)
            found = agreement(estimator, size, lambda image: RUNTIMES[path.suffix](partial, image))
            check_agreement(found, path)
    except OSError as error:
        raise InputError(f"cannot write to '{path}': {error.strerror or error}; choose another path") from error
    return Exported(path, size, found)


def _check_weights(estimator: Exportable, path: Path) -> None:
    weights = [*estimator.model.parameters(), *estimator.model.buffers()]
    device = next((str(weight.device) for weight in weights if weight.device.type != "cpu"), None)
    if device is not None:
        raise InputError(f"the model is on {device}; a file is exported from the CPU, call model.cpu() before")
    if path.suffix == ".onnx" and sum(weight.nbytes for weight in weights) > LARGEST:
        raise InputError(f"the weights do not fit into one .onnx file of 2 GB; write '{path.with_suffix('.pt2')}'")


def _metadata(
    estimator: Exportable,
    size: tuple[int, int],
    settings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    space = getattr(estimator.model, "output_space", None)
    known = isinstance(space, OutputSpace)
    return {
        "size": list(size),
        "input": "image: RGB in [0,1]",
        "output_space": {"quantity": space.quantity, "ambiguity": space.ambiguity, "unit": space.unit}
        if known
        else None,
        "polarity": "uncertainty: higher = worse, NaN = not known",
        "scale": str(estimator.scale),
        "estimator": {**(settings or {}), "layers": list(estimator.layers)},
        "gradunc": _version("gradunc"),
        "torch": torch.__version__,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

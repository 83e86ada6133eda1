"""The two file formats: ONNX, and PyTorch's own `torch.export`."""

import re
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import fx

from gradunc.errors import InputError

OUTPUTS = ("depth", "uncertainty")


def _program(module: fx.GraphModule, shape: tuple[int, ...]) -> Any:
    with torch.no_grad():
        return torch.export.export(module, (torch.zeros(shape),))


def write_pt2(module: fx.GraphModule, shape: tuple[int, ...], path: Path, metadata: Mapping[str, str]) -> None:
    """What `torch.export.load(path).module()` makes a function of; `metadata` as extra files."""
    with warnings.catch_warnings():
        # Weights of which a view is stored too, which is right here.
        warnings.filterwarnings("ignore", "No complete tensor found in the group")
        # As an open file: the exporter warns of names that do not end in .pt2.
        with path.open("wb") as file:
            torch.export.save(_program(module, shape), file, extra_files=dict(metadata))


def write_onnx(module: fx.GraphModule, shape: tuple[int, ...], path: Path, metadata: Mapping[str, str]) -> None:
    """One file without external data; `metadata` as the properties of the model.

    Raises:
        InputError: an operator that has no ONNX lowering.
    """
    from torch.onnx.errors import OnnxExporterError

    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(
                _program(module, shape), dynamo=True, input_names=["image"], output_names=list(OUTPUTS), verbose=False
            )
        except OnnxExporterError as error:
            raise InputError(f"{_missing(error)}; export to .pt2, or choose a layer behind it") from error
    assert program is not None, "without a path, the exporter returns its program"
    program.model.metadata_props.update(metadata)
    program.save(path, external_data=False)


def _missing(error: BaseException) -> str:
    """The operator that the chain of errors names, in one line."""
    cause: BaseException | None = error
    while cause is not None:
        found = re.search(r"No (?:ONNX function|decompositions) .*?op='([\w.]+)'", str(cause))
        if found:
            return f"operator '{found[1]}' has no ONNX lowering"
        cause = cause.__cause__
    return f"the exporter to ONNX failed: {str(error).splitlines()[0]}"

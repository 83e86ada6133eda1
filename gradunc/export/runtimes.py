"""Running an exported file, as its user will."""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from gradunc.errors import InputError


def run_onnx(path: Path, image: Tensor) -> tuple[Tensor, Tensor] | None:
    """Depth and uncertainty by onnxruntime on the CPU; None where that is not installed.

    Raises:
        InputError: onnxruntime refuses the file.
    """
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        reason = str(error).splitlines()[0]
        raise InputError(f"onnxruntime does not load what was exported, export to .pt2 instead: {reason}") from error
    depth, uncertainty = session.run(["depth", "uncertainty"], {"image": image.numpy()})
    return torch.as_tensor(depth), torch.as_tensor(uncertainty)


def run_pt2(path: Path, image: Tensor) -> tuple[Tensor, Tensor]:
    """Depth and uncertainty by PyTorch, without gradunc."""
    # As an open file: PyTorch warns of names that do not end in .pt2, and the file may not be in its place yet.
    with torch.no_grad(), path.open("rb") as file:
        return torch.export.load(file).module()(image)

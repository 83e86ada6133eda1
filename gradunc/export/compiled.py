"""The traced estimator through TorchInductor."""

from collections.abc import Callable

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.export.trace import trace
from gradunc.uncertainty.interface import Exportable


def compile_estimator(
    estimator: Exportable, size: tuple[int, int], *, batch: int = 1
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """A compiled function for images of one size; its first call compiles (needs a C++ compiler).

    Args:
        estimator: of a network on any device.
        size: height and width [px].
        batch: images per call.

    Returns:
        image (batch,3,*size) in [0,1] -> (depth, uncertainty), (batch,1,*size) each, NaN where not known. It raises
        `InputError` for another shape.
    """
    shape = (batch, 3, *size)
    # Backward operators stay: PyTorch has fast kernels for them, and Inductor its own lowerings.
    compiled = torch.compile(trace(estimator, size, batch=batch, ordinary=False), fullgraph=True, dynamic=False)

    def run(image: Tensor) -> tuple[Tensor, Tensor]:
        if tuple(image.shape) != shape:
            raise InputError(f"this estimator was compiled for images {shape}, not {tuple(image.shape)}")
        with torch.no_grad():
            return compiled(image)

    return run

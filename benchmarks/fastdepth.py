"""FastDepth (Wofk et al. 2019) for the commands: a network that exists only as a function.

    GRADUNC_DATA=DATA python infer.py VERB checkpoint=benchmarks/fastdepth.py:network

DATA holds `fastdepth/fastdepth_opset13.onnx`, the published network of rooms. Needs the package onnx2torch.
"""

import os
from pathlib import Path

from gradunc.models import AdaptedModel, adapt
from gradunc.types import OutputSpace

SIZE = (224, 224)
NEAREST = 0.01
"""Metres; the last layer is a ReLU, and depth 0 has no inverse."""


def network() -> AdaptedModel:
    """Images in [0,1] of 224x224 -> metres."""
    from onnx2torch import convert  # pyright: ignore[reportMissingImports]

    return adapt(
        convert(str(Path(os.environ["GRADUNC_DATA"]) / "fastdepth" / "fastdepth_opset13.onnx")),
        lambda depth: depth.clamp_min(NEAREST),
        OutputSpace("depth", "metric"),
        mean=(0, 0, 0),
        std=(1, 1, 1),
        size=SIZE,
    )

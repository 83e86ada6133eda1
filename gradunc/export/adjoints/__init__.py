"""Backward operators as ordinary forward ones: what a runtime without autograd can compute.

A new adjoint is one function with the arguments of the operator, and one line in the `ADJOINTS` of its file.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gradunc.export.adjoints import borders, convolution, pointwise, pooling, resampling

ADJOINTS: Mapping[Any, Callable[..., Any]] = {
    **pointwise.ADJOINTS,
    **borders.ADJOINTS,
    **convolution.ADJOINTS,
    **pooling.ADJOINTS,
    **resampling.ADJOINTS,
}
"""Operator -> the same made of ordinary ones. `NotImplemented` as an answer leaves the operator as it is."""

__all__ = ["ADJOINTS"]

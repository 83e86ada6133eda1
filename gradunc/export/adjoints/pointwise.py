"""Adjoints of activations and normalisation layers."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._decomp import get_decompositions

aten = torch.ops.aten


def elu_backward(
    grad: Tensor, alpha: float, scale: float, input_scale: float, is_result: bool, value: Tensor
) -> Tensor:
    """Slope of the ELU; `value` is its input, or its result if it worked in place."""
    left = alpha * scale * input_scale
    below = value.clamp_max(0) * input_scale if input_scale != 1 else value.clamp_max(0)
    slope = below + left if is_result else left * below.exp() if left != 1 else below.exp()
    if left != scale:
        # Otherwise both branches meet at 0, and there is no need for a selection, which is slow in onnxruntime.
        slope = torch.where(value <= 0, slope, scale)
    return grad * slope


def threshold_backward(grad: Tensor, value: Tensor, threshold: float) -> Tensor:
    """ReLU: a product instead of a selection, which is slow in onnxruntime."""
    return grad * (value > threshold).to(grad.dtype)


def leaky_relu_backward(grad: Tensor, value: Tensor, slope: float, is_result: bool) -> Tensor:
    """The slope left of zero, 1 right of it; input and result have the same sign."""
    return grad * (slope + (1 - slope) * (value > 0).to(grad.dtype))


def native_batch_norm_backward(
    grad: Tensor,
    input: Tensor,
    weight: Tensor | None,
    mean: Tensor | None,
    variance: Tensor | None,
    save_mean: Tensor | None,
    save_invstd: Tensor | None,
    train: bool,
    eps: float,
    output_mask: Sequence[bool],
) -> Any:
    """Evaluation mode: one factor per channel."""
    if train or variance is None or output_mask[1] or output_mask[2]:
        return NotImplemented
    factor = (variance + eps).rsqrt()
    if weight is not None:
        factor = factor * weight
    return grad * factor.view(-1, *[1] * (grad.ndim - 2)), None, None


ADJOINTS: dict[Any, Callable[..., Any]] = {
    # What PyTorch decomposes into a few cheap operators anyway.
    **get_decompositions(
        [
            aten.sigmoid_backward,
            aten.tanh_backward,
            aten.gelu_backward,
            aten.silu_backward,
            aten.mish_backward,
            aten.glu_backward,
            aten.hardswish_backward,
            aten.hardsigmoid_backward,
            aten.hardtanh_backward,
            aten.softplus_backward,
            aten.log_sigmoid_backward,
            aten._prelu_kernel_backward,
            aten._softmax_backward_data,
            aten._log_softmax_backward_data,
            aten.native_layer_norm_backward,
            aten.native_group_norm_backward,
            aten._fused_rms_norm_backward,
        ]
    ),
    aten.elu_backward.default: elu_backward,
    aten.threshold_backward.default: threshold_backward,
    aten.leaky_relu_backward.default: leaky_relu_backward,
    aten.native_batch_norm_backward.default: native_batch_norm_backward,
}

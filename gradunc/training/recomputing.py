"""Gradient checkpointing of an encoder: what a layer gives is computed again in the backward pass, not kept.

Chen et al. 2016, arXiv:1604.06174, by `torch.utils.checkpoint`.
"""

from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.utils.checkpoint import checkpoint

from gradunc.errors import InputError
from gradunc.training.encoder_layers import layers_of


def recompute_layers(encoder: nn.Module | None) -> int:
    """Let every layer of an encoder compute twice while it trains; evaluation is as before.

    Layers with batch norms are left as they are: a second pass would count every batch twice in their statistics. So
    are single convolutions and norms, which keep little.

    Args:
        encoder: is changed in place: `forward` of its layers.

    Returns:
        How many layers.

    Raises:
        InputError: no encoder, or no layer without a batch norm.
    """
    layers = [] if encoder is None else [layer for _, layer, _ in layers_of(encoder)]
    fit = [layer for layer in layers if _is_block(layer) and not _has_batch_norm(layer)]
    if not fit:
        reason = "has no encoder of its own" if not layers else "has batch norms in every layer of its encoder"
        raise InputError(
            f"objective.gradient_checkpointing: this network {reason}; omit it (transformers and ConvNeXt gain by it)"
        )
    for layer in fit:
        # Bound, so that a copy of the network computes with its own weights.
        layer.forward = MethodType(_twice, layer)
    return len(fit)


def _is_block(layer: nn.Module) -> bool:
    """Whether it consists of modules, but not of several layers, which come by themselves."""
    return any(True for _ in layer.children()) and len(list(layers_of(layer))) == 1


def _has_batch_norm(layer: nn.Module) -> bool:
    return any(isinstance(one, BatchNorm) for one in layer.modules())


def _twice(layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """`forward` of a layer, whose class has the plain one."""
    once = MethodType(type(layer).forward, layer)
    if layer.training and torch.is_grad_enabled():
        return checkpoint(once, *args, use_reentrant=False, **kwargs)
    return once(*args, **kwargs)

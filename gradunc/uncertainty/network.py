"""Which networks an estimator can look into."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import bare, layer_root


def module_of(model: Any) -> nn.Module:
    """The network itself, without the wrappers of `torch.compile` and data parallelism.

    Raises:
        InputError: no module.
    """
    if isinstance(model, str | Path):
        raise InputError(f"the model is a path; load it first: gradunc.load_model('{model}')")
    if not isinstance(model, nn.Module):
        what = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise InputError(f"the model must be an object of torch.nn.Module, not {what}")
    return bare(model)


def network_of(model: Any) -> nn.Module:
    """The network itself, as `module_of`, to be looked into.

    Raises:
        InputError: no module, or one in which hooks do not fire.
    """
    network = module_of(model)
    if isinstance(layer_root(network), torch.jit.ScriptModule):
        raise InputError(
            "the network is scripted or traced (torch.jit), and what its layers compute cannot be read there; "
            "flip_difference, augmentation_spread, ensemble and the trivial scores work on it, for others give the "
            "Python module that it was made from"
        )
    return network

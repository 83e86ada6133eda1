"""Networks inside wrappers."""

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel


def bare(model: nn.Module) -> nn.Module:
    """The network inside `torch.compile` and data-parallel wrappers, on which hooks fire and names are plain."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, DistributedDataParallel | DataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def layer_root(model: nn.Module) -> nn.Module:
    """The module whose names are the layers': an adapted network names its inner module `layer_root`."""
    root = getattr(model, "layer_root", model)
    return bare(root if isinstance(root, nn.Module) else model)


def is_data_parallel(model: nn.Module) -> bool:
    """Whether the model is or holds a data-parallel wrapper."""
    return any(isinstance(module, DistributedDataParallel | DataParallel) for module in model.modules())

"""The layers of any encoder in their order, for rates that fall with depth and for passes that are computed twice."""

from collections.abc import Iterator

from torch import nn

LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def layers_of(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module, list[nn.Parameter]]]:
    """Blocks as the module defines them: what holds a list of several blocks is split, what holds none is a layer.

    A block is a module of the list that consists of others; a list of plain layers, such as a convolution and its norm,
    belongs to the block around it. Parameters of a module that is split (class token, position embedding) come first,
    under its own name.

    Args:
        module: of any kind.
        name: of the module.

    Returns:
        Name, module and parameters of every layer that has some; every parameter once.
    """
    if not _is_split(module):
        if own := list(module.parameters()):
            yield name, module, own
        return
    if own := list(module.parameters(recurse=False)):
        yield name, module, own
    for child, inner in module.named_children():
        yield from layers_of(inner, f"{name}.{child}" if name else child)


def _is_split(module: nn.Module) -> bool:
    """Whether a list of at least two blocks is inside of it."""
    return any(isinstance(one, LISTS) and _blocks(one) > 1 for one in module.modules())


def _blocks(module: nn.Module) -> int:
    return sum(any(True for _ in one.children()) and any(True for _ in one.parameters()) for one in module.children())

"""Cleaning a traced graph: one attribute per weight, constants computed once, slices of channels taken early."""

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.node import map_arg

aten = torch.ops.aten


def clean(module: fx.GraphModule, largest: int) -> None:
    """Share weights, fold constants of at most `largest` elements and drop what nobody reads, in place."""
    _share_weights(module)
    _fold_constants(module, largest)
    _recognise_elu(module.graph)
    _keep_layouts(module.graph)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    _drop_unread(module)
    module.recompile()


def _drop_unread(module: fx.GraphModule) -> None:
    read = {str(node.target) for node in module.graph.nodes if node.op == "get_attr"}
    for name in {*dict(module.named_buffers()), *dict(module.named_parameters())} - read:
        delattr(module, name)


def _value(module: fx.GraphModule, node: Any) -> Tensor | None:
    found = getattr(module, str(node.target)) if isinstance(node, fx.Node) and node.op == "get_attr" else None
    return found if isinstance(found, Tensor) else None


def _share_weights(module: fx.GraphModule) -> None:
    """Tracing makes an attribute for every use of a weight; a parameter becomes a buffer, which needs no gradient."""
    names: dict[tuple[Any, ...], str] = {}
    for node in module.graph.nodes:
        value = _value(module, node)
        if value is None:
            continue
        key = (value.data_ptr(), value.dtype, tuple(value.shape), value.stride())
        if value.numel() == 0 or key not in names:
            names[key] = str(node.target)
            delattr(module, names[key])
            module.register_buffer(names[key], value.detach())
        node.target = names[key]


def _fold_constants(module: fx.GraphModule, largest: int) -> None:
    """Compute what depends on constants only, unless it has more than `largest` elements."""
    for count, node in enumerate(list(module.graph.nodes)):
        result = _result(module, node, largest) if _is_pure(node) else None
        if result is None:
            continue
        if node.target in _SAME:
            node.replace_all_uses_with(node.all_input_nodes[0])
            module.graph.erase_node(node)
            continue
        name = f"_folded{count}"
        module.register_buffer(name, result.detach().clone().contiguous())
        with module.graph.inserting_before(node):
            node.replace_all_uses_with(module.graph.get_attr(name))
        module.graph.erase_node(node)


_SAME = {aten.detach.default, aten.alias.default}
"""Their result is the constant itself, which must not be stored twice."""


def _result(module: fx.GraphModule, node: fx.Node, largest: int) -> Tensor | None:
    """What an operator on constants gives; None if it reads anything else or gives more than it reads and `largest`."""
    values: dict[fx.Node, Tensor] = {}
    for read in node.all_input_nodes:
        value = _value(module, read)
        if value is None:
            return None
        values[read] = value
    arguments = map_arg(node.args, values.__getitem__)
    result = node.target(*arguments, **map_arg(node.kwargs, values.__getitem__))  # pyright: ignore
    known = isinstance(result, Tensor)
    return result if known and result.numel() <= max(largest, *(v.numel() for v in values.values()), 0) else None


def _is_pure(node: fx.Node) -> bool:
    if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
        return False
    return not node.target._schema.is_mutable and torch.Tag.nondeterministic_seeded not in node.target.tags


def _recognise_elu(graph: fx.Graph) -> None:
    """max(x, exp(min(x, 0)) - 1), which is fast in PyTorch on a CPU, as the one operator that other runtimes know."""
    for node in graph.find_nodes(op="call_function", target=aten.maximum.default):
        x, below = node.args
        chain: list[Any] = [below]
        for target, rest in ((aten.sub.Tensor, (1,)), (aten.exp.default, ()), (aten.clamp_max.default, (0,))):
            link = chain[-1]
            if not isinstance(link, fx.Node) or link.target is not target or link.args[1:] != rest:
                break
            chain.append(link.args[0])
        if len(chain) == 4 and chain[-1] is x:
            node.target, node.args = aten.elu.default, (x,)


def _keep_layouts(graph: fx.Graph) -> None:
    """The overload that exporters know as one operator, `Resize`; the traced one they take apart into gathers."""
    for node in graph.find_nodes(op="call_function", target=aten.upsample_bilinear2d.default):
        if all(scale is None for scale in node.args[3:]):
            node.target, node.args = aten.upsample_bilinear2d.vec, (*node.args[:3], None)


_PADS = {
    aten.reflection_pad2d_backward.default,
    aten.replication_pad2d_backward.default,
}


def narrow_channels(module: fx.GraphModule) -> None:
    """Compute only the channels of a gradient that somebody reads, in place.

    Behind a concatenation with the encoder's map, the decoder needs its own channels of the gradient alone; the
    slice moves through the border fold to the convolution's weights.
    """
    module.graph.eliminate_dead_code()
    for node in list(module.graph.find_nodes(op="call_function", target=aten.slice.Tensor)):
        if len(node.args) >= 4 and node.args[1] == 1 and node.args[4:] in ((), (1,)):
            _move_up(module.graph, node)
    module.graph.eliminate_dead_code()
    module.recompile()


def _move_up(graph: fx.Graph, cut: fx.Node) -> None:
    """Move one slice of channels in front of what it cuts, as far as that is possible."""
    source, _, *bounds = cut.args
    while isinstance(source, fx.Node) and len(source.users) == 1:
        if source.target in _PADS:
            with graph.inserting_before(source):
                cut_input = graph.call_function(aten.slice.Tensor, (source.args[1], 1, *bounds))
                cut_grad = graph.call_function(aten.slice.Tensor, (source.args[0], 1, *bounds))
                found = graph.call_function(source.target, (cut_grad, cut_input, *source.args[2:]))  # pyright: ignore[reportArgumentType]
            cut.replace_all_uses_with(found)
            graph.erase_node(cut)
            graph.erase_node(source)
            cut, source = cut_grad, cut_grad.args[0]
        elif source.target is operator.getitem and source.args[1] == 0:
            _cut_weights(graph, cut, source, bounds)
            return
        else:
            return


def _cut_weights(graph: fx.Graph, cut: fx.Node, item: fx.Node, bounds: Sequence[Any]) -> None:
    backward = item.args[0]
    if not isinstance(backward, fx.Node) or backward.target is not aten.convolution_backward.default:
        return
    if len(backward.users) > 1 or backward.args[7] or backward.args[9] != 1:
        return
    with graph.inserting_before(backward):
        grad, input, weight, *rest = backward.args
        parts = [graph.call_function(aten.slice.Tensor, (x, 1, *bounds)) for x in (input, weight)]
        found = graph.call_function(aten.convolution_backward.default, (grad, *parts, *rest))  # pyright: ignore[reportArgumentType]
        cut.replace_all_uses_with(graph.call_function(operator.getitem, (found, 0)))

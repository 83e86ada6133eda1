"""What layers a network has, what reading the gradient there costs, and which one to take if nobody says."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gradunc.advice import advise
from gradunc.errors import InputError
from gradunc.ops.devices import device_of, dtype_of
from gradunc.ops.sizes import training_size
from gradunc.ops.wrappers import layer_root
from gradunc.uncertainty.checks import usable
from gradunc.uncertainty.gradient.layers import AUTO, COARSE, select_layers, weight_layers
from gradunc.uncertainty.gradient.maps import padded, tokens_to_map
from gradunc.uncertainty.gradient.outputs import FULL, Output
from gradunc.uncertainty.network import network_of
from gradunc.uncertainty.session import evaluation

log = logging.getLogger(__name__)

AUTO_STRIDE = 4
"""The published layer stands at a quarter of the image's resolution."""


@dataclass(frozen=True)
class LayerInfo:
    """One module whose output the gradient can be read at."""

    index: int | None
    """What `select_layers` takes for it; None for modules without weights of their own."""
    name: str
    type: str
    """Class of the module."""
    shape: tuple[int, int, int]
    """Channels, height and width of its output as a map."""
    backward: float
    """Share of a whole backward pass (floating point operations, from the depth to the image) until here."""

    def __str__(self) -> str:
        """One line of a table."""
        index = "" if self.index is None else str(self.index)
        shape = "x".join(map(str, self.shape))
        return f"{index:>4} {self.name:<40} {self.type:<20} {shape:>12} {self.backward:>7.1%}"


def list_layers(model: nn.Module, image: Tensor | None = None, **inputs: Any) -> list[LayerInfo]:
    """Every module that gives one map per forward pass and influences the depth, in the order of execution.

    Args:
        model: as for `GradientUncertainty`.
        image: (1,3,H,W) example; default: zeros of the network's `size`.
        inputs: more arguments of the network.

    Raises:
        InputError: no network that hooks fire in, no image for one whose `size` is no height and width, or one that
            autograd refuses, for example because it changes in place what its own gradient needs.
    """
    return _rows(model, image, inputs, FlopCounterMode(display=False))


def _rows(
    model: nn.Module,
    image: Tensor | None,
    inputs: dict[str, Any],
    counter: FlopCounterMode | None,
    output: Output = FULL,
) -> list[LayerInfo]:
    """See `list_layers`; without a counter, which costs more than the passes themselves, every share is 0.

    Of layers that influence `output`.
    """
    model = network_of(model)
    root = layer_root(model)
    indices = {name: i for i, name in enumerate(weight_layers(root))}
    probe = _Probe(counter)
    with evaluation(model), torch.enable_grad(), ExitStack() as stack:
        if counter is not None:
            stack.enter_context(counter)
        # Their hooks hold the probe, and the probe them: a circle through the graph, which Python never frees.
        stack.callback(probe.outputs.clear)
        for name, module in root.named_modules():
            if name:
                handle = module.register_forward_hook(partial(probe.see, name))
                stack.callback(handle.remove)
        # Made in here: what is made in inference mode cannot be differentiated.
        image = (_example(model) if image is None else image.detach().clone()).requires_grad_()
        inputs = {name: usable(value) if isinstance(value, Tensor) else value for name, value in inputs.items()}
        # A copy of the image: the counter's own hooks refuse a leaf as the input of a module.
        compared = output.of_image(model, image, inputs).compared
        probe.start = probe.operations
        _back(compared.depth, image, probe.outputs)
        total = probe.operations - probe.start
    size = padded(image, model)
    modules = dict(root.named_modules())
    rows = []
    for name, shape in probe.shapes.items():
        # Attention in windows works on a batch of windows: 49 tokens each, which are no map of the image.
        grid = _map_shape(shape, size) if shape[0] == len(image) else None
        if grid is not None and name in probe.reached and probe.calls[name] == 1:
            share = (probe.reached[name] - probe.start) / max(total, 1)
            rows.append(LayerInfo(indices.get(name), name, type(modules[name]).__name__, grid, share))
    return rows


def automatic_layers(
    model: nn.Module,
    choice: str,
    image: Tensor | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    output: Output = FULL,
) -> tuple[str, ...]:
    """Layers of a network nobody has looked at; what was chosen is logged.

    Args:
        model: as for `GradientUncertainty`. Its `auto_layer`, if it has one, is the answer to "auto" for its
            prediction.
        choice: "auto", the layer most like the published one: of those behind the bottleneck and in front of the
            network's last one, the last one whose resolution is nearest to a quarter of the image's. "coarse", all
            from the bottleneck to that resolution; where there is none, "auto", which is warned of.
        image: as in `list_layers`.
        inputs: more arguments of the network.
        output: what the layers must influence.

    Raises:
        InputError: no layer gives a map, or no image for a network whose `size` is no height and width and that has
            no `auto_layer`.
    """
    known = known_layer(model, output)
    if known is not None:
        chosen = (known,) if choice == AUTO else _up_to(known, layer_root(model))
    else:
        chosen = _search(model, choice, _rows(model, image, dict(inputs or {}), None, output), image)
    log.info("layers=%s: %s of %s", choice, ", ".join(chosen), type(model).__name__)
    return chosen


def known_layer(model: nn.Module, output: Output) -> str | None:
    """The layer that a network names itself; it need not stand in front of a coarse output."""
    known = getattr(model, "auto_layer", None)
    return known if isinstance(known, str) and not output.has_head else None


def _up_to(known: str, root: nn.Module) -> tuple[str, ...]:
    """The layers in the same place of every stage, "stages.*.fusion" for "stages.3.fusion", but none of later ones."""
    found = select_layers(root, [re.sub(r"\.\d+\.", ".*.", known, count=1)])
    return found[: found.index(known) + 1]


def _search(model: nn.Module, choice: str, rows: Sequence[LayerInfo], image: Tensor | None) -> tuple[str, ...]:
    """The bottleneck is the coarsest map; what is pooled to one cell does not count."""
    if not rows:
        raise InputError(
            f"{type(model).__name__} has no layer that gives a map and influences the depth: gradients are read at "
            "modules inside the network whose output is (B,C,h,w) or tokens (B,N,C)"
        )
    rows = [row for row in rows if math.prod(row.shape[1:]) > 1] or list(rows)
    coarsest = min(math.prod(row.shape[1:]) for row in rows)
    bottleneck = max(i for i, row in enumerate(rows) if math.prod(row.shape[1:]) == coarsest)
    height = padded(_example(model) if image is None else image, model)[0]

    # The last layer with weights says the depth, or the logits of its bins, whose number is that of features.
    last = [row for row in rows if row.index is not None][-1:]

    def suitable(candidates: Sequence[LayerInfo]) -> list[LayerInfo]:
        return [row for row in candidates if row.index is not None and row.shape[0] >= 4 and row not in last]

    def distance(row: LayerInfo) -> float:
        return math.log2(height / row.shape[1] / AUTO_STRIDE)

    # If nothing stands behind the bottleneck, the last one in front of it.
    behind = suitable(rows[bottleneck + 1 :]) or suitable(rows)[-1:] or rows
    if choice == COARSE:
        chosen = suitable(rows[: bottleneck + 1])[-1:] + [row for row in behind if distance(row) > -0.5]
        if chosen:
            return tuple(dict.fromkeys(row.name for row in chosen))
    nearest = min(abs(distance(row)) for row in behind)
    found = [row.name for row in behind if abs(distance(row)) <= nearest + 1e-6][-1]
    if choice == COARSE:
        advise(
            f"{type(model).__name__} has no layer from its bottleneck to a quarter of the image's resolution, which "
            f"layers='coarse' takes; the gradient is read at '{found}', as layers='auto' chooses"
        )
    return (found,)


def _back(depth: Tensor, image: Tensor, outputs: Sequence[Tensor]) -> None:
    """A backward pass to the image or, if the network runs its backbone under no_grad, to every map in the graph."""
    if not depth.requires_grad:
        return
    total = depth.float().sum()
    try:
        (found,) = torch.autograd.grad(total, image, retain_graph=True, allow_unused=True)
        if found is None and outputs:
            torch.autograd.grad(total, outputs, allow_unused=True)
    except RuntimeError as error:  # autograd's only kind
        raise InputError(
            f"the network cannot be differentiated down to its input ({str(error).splitlines()[0]}); name a layer "
            "behind that, such as layers=['decoder.conv'], instead of searching for one"
        ) from error


class _Probe:
    """What the hooks of one forward and backward pass saw."""

    def __init__(self, counter: FlopCounterMode | None) -> None:
        self._counter = counter
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.calls: dict[str, int] = {}
        self.reached: dict[str, int] = {}
        """Operations counted when the gradient arrived."""
        self.outputs: list[Tensor] = []
        self.start = 0

    @property
    def operations(self) -> int:
        """Counted so far."""
        return 0 if self._counter is None else self._counter.get_total_flops()

    def see(self, name: str, module: nn.Module, _arguments: Any, output: Any) -> None:
        output = output[0] if isinstance(output, tuple) and output else output
        if not isinstance(output, Tensor) or not output.requires_grad or isinstance(module, nn.Identity):
            return
        self.calls[name] = self.calls.get(name, 0) + 1
        self.shapes[name] = tuple(output.shape)

        def arrived(_gradient: Tensor) -> None:
            self.reached[name] = self.operations

        self.outputs.append(output)
        output.register_hook(arrived)


def _map_shape(shape: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int] | None:
    try:
        channels, height, width = tokens_to_map(torch.empty(shape, device="meta"), size).values.shape[1:]
    except InputError:
        return None
    return channels, height, width


def _example(model: nn.Module) -> Tensor:
    size = training_size(model)
    if size is None:
        raise InputError(f"{type(model).__name__} has no size=(height, width); give an example image (1,3,H,W)")
    return torch.zeros(1, 3, *size, device=device_of(model), dtype=dtype_of(model))

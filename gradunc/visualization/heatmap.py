"""The heat map of a layer study."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from gradunc.visualization.colormaps import badness_map, error_limits

CELL = (0.95, 0.34)
"""Width and height of a cell [inch]: four digits fit."""


def study_figure(
    blocks: Mapping[str, ArrayLike],
    layers: Mapping[str, Sequence[str]],
    channels: Sequence[str],
    title: str = "",
    label: str = "AUSE of abs_rel",
    chance: float | None = None,
) -> Figure:
    """Layers x channel reductions as colour and number, one block per reference side by side, the best cell marked.

    Args:
        blocks: reference -> (layers, channels) values, low = good, NaN = unknown.
        layers: reference -> names of its rows.
        channels: names of the columns.
        title: stands above, for example the protocol.
        label: of the colour bar.
        chance: value of a score without any order; colours end there, so that useless cells do not hide how the others
            differ.
    """
    values = {name: np.asarray(block, dtype=np.float64) for name, block in blocks.items()}
    limits = _limits(np.concatenate([block.ravel() for block in values.values()]), chance)
    widest = max(len(name) for names in layers.values() for name in names)
    width = len(values) * (CELL[0] * len(channels) + 0.09 * widest + 0.4) + 1.2
    height = CELL[1] * max(len(block) for block in values.values()) + 1.7
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, len(values), squeeze=False)[0]
    best = min((float(np.nanmin(block)) for block in values.values() if np.isfinite(block).any()), default=np.nan)
    for axis, (name, block) in zip(axes, values.items(), strict=True):
        axis.imshow(block, cmap=badness_map(), norm=limits, aspect="auto")
        axis.set(title=f"reference: {name}", xlabel="reduction over channels", ylabel="layer")
        axis.set_xticks(range(len(channels)), list(channels))
        axis.set_yticks(range(len(layers[name])), list(layers[name]), fontsize=8)
        _write_numbers(axis, block, limits, best)
    worse = any(bool((block > float(limits.vmax or 0)).any()) for block in values.values())
    text = f"{label} (low = good{'' if chance is None else f'; constant: {chance:.4f}'})"
    figure.colorbar(
        ScalarMappable(limits, badness_map()), ax=list(axes), label=text, extend="max" if worse else "neither"
    )
    figure.suptitle(f"{title}\nbest cell framed" if title else "best cell framed", fontsize=10)
    return figure


def _limits(values: NDArray[np.float64], chance: float | None) -> Normalize:
    known = values[np.isfinite(values)]
    if not known.size:
        return Normalize(*error_limits(values))
    low, high = float(known.min()), float(known.max())
    if chance is not None and low < chance < high:
        high = chance
    return Normalize(low, high if high > low else low + 1.0, clip=True)


def _write_numbers(axis: Axes, block: NDArray[np.float64], limits: Normalize, best: float) -> None:
    for (row, column), value in np.ndenumerate(block):
        if not np.isfinite(value):
            continue
        # Half of the map is dark.
        color = "black" if float(limits(value)) > 0.6 else "white"
        weight = "bold" if value == best else "normal"
        axis.text(column, row, f"{value:.4f}", ha="center", va="center", color=color, fontsize=8, fontweight=weight)
        if value == best:
            frame = Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, fill=False, edgecolor="cyan", linewidth=2)
            axis.add_patch(frame)

"""Curves: how well uncertainties rank the errors."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

Curves = tuple[ArrayLike, ArrayLike, ArrayLike]
"""(method (n+1,), oracle (n+1,), random ()): error of the pixels left, at x = 0, 1/n, ..., 1."""

LABELS = {"abs_rel": "abs_rel", "rmse": "rmse [m]", "a1": "share of outliers (ratio ≥ 1.25)"}
"""Error -> label of its axis, in the order of the plots."""

LARGEST = 8
"""Most methods in one plot: more curves cannot be told apart, and their legend leaves no room for the plots."""

_PAIRS = mpl.colormaps["tab20"].colors  # pyright: ignore[reportAttributeAccessIssue]
COLORS = [*_PAIRS[::2], *_PAIRS[1::2], *mpl.colormaps["tab20b"].colors]  # pyright: ignore[reportAttributeAccessIssue]
"""Enough for all methods of three plots; the first ten are matplotlib's own."""

_Arrays = tuple[np.ndarray, np.ndarray, float]


def sparsification_figure(methods: Mapping[str, Mapping[str, Curves]], title: str = "") -> Figure:
    """Error of the pixels that are left while the least certain are removed: lower is better.

    Methods that share one depth share one oracle; a method with another depth gets its own, in its colour. Of more than
    `LARGEST` methods each plot has the first one given and those of the smallest AUSE.

    Args:
        methods: name of the method -> abs_rel, rmse, a1 -> curves, as `Sparsification.curves()` gives them.
        title: stands above, for example the protocol.

    Returns:
        Three plots side by side.
    """
    plots = {
        error: {name: _arrays(curves[error]) for name, curves in methods.items() if error in curves} for error in LABELS
    }
    drawn = {error: _best(every) for error, every in plots.items()}
    colors = dict(zip([name for name in methods if any(name in some for some in drawn.values())], COLORS, strict=False))
    columns = 1 if max(map(len, colors), default=0) > 16 else 2
    figure = Figure(figsize=(13.5, 4.8), dpi=100, layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, len(LABELS))
    for axis, (error, label) in zip(axes, LABELS.items(), strict=True):
        _draw_error(axis, drawn[error], colors)
        axis.set(xlabel="fraction of pixels removed", ylabel=label, xlim=(0, 1))
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        if axis.lines:
            left_out = len(plots[error]) - len(drawn[error])
            axis.legend(
                title=f"{left_out} methods of larger AUSE left out" if left_out else None,
                title_fontsize=8,
                fontsize=8,
                loc="upper center",
                bbox_to_anchor=(0.5, -0.16),
                ncols=columns,
            )
    rows = max(len(axis.get_legend_handles_labels()[0]) for axis in axes) / columns
    figure.set_figheight(4.8 + 0.17 * max(0, rows - 3))
    if title:
        figure.suptitle(title, fontsize=11)
    # Once more than when it is drawn: the legends move with the heights of the plots.
    engine = figure.get_layout_engine()
    assert engine is not None, "it was asked for"
    engine.execute(figure)
    return figure


def _best(methods: Mapping[str, _Arrays]) -> dict[str, _Arrays]:
    """At most `LARGEST`, in the order given: the first and those of the smallest AUSE, unknown ones last."""
    area = {name: float(np.nan_to_num(_ause(*curves[:2]), nan=np.inf)) for name, curves in methods.items()}
    chosen = [*list(methods)[:1], *sorted(list(methods)[1:], key=area.__getitem__)][:LARGEST]
    return {name: curves for name, curves in methods.items() if name in chosen}


def _arrays(curves: Curves) -> _Arrays:
    method, oracle, random = curves
    return np.asarray(method, dtype=float), np.asarray(oracle, dtype=float), float(np.asarray(random))


def _draw_error(axis: Axes, methods: Mapping[str, _Arrays], colors: Mapping[str, Any]) -> None:
    oracles = [oracle for _, oracle, _ in methods.values()]
    shared = all(_same_line(oracle, oracles[0]) for oracle in oracles)
    for name, (method, oracle, _) in methods.items():
        label = f"{name} (AUSE {_ause(method, oracle):.4g})"
        axis.plot(np.linspace(0, 1, len(method)), method, color=colors[name], label=label, linewidth=1.8)
    for name, (_, oracle, random) in methods.items():
        color, whose = ("black", "") if shared else (colors[name], f", {name}")
        axis.plot(np.linspace(0, 1, len(oracle)), oracle, "--", color=color, label=f"oracle{whose}", linewidth=1.2)
        axis.axhline(random, color=color, linestyle=":", label=f"random{whose}", linewidth=1.2)
        if shared:
            break


def _same_line(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two curves look the same: one depth, rounded differently, has slightly other outliers."""
    scale = float(np.nan_to_num(np.abs(two)).max(initial=0))
    return len(one) == len(two) and np.allclose(one, two, rtol=0, atol=0.002 * scale, equal_nan=True)


def _ause(method: np.ndarray, oracle: np.ndarray) -> float:
    return _area(method) - _area(oracle)


def _area(curve: np.ndarray) -> float:
    return float((curve[1:] + curve[:-1]).sum() / 2 / (len(curve) - 1))

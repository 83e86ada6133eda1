"""Curves: how well uncertainties rank the errors."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

Curves = tuple[ArrayLike, ArrayLike, ArrayLike]
"""(method (n+1,), oracle (n+1,), random ()): error of the pixels left, at x = 0, 1/n, ..., 1."""

LABELS = {"abs_rel": "abs_rel", "rmse": "rmse [m]", "a1": "share of outliers (ratio ≥ 1.25)"}
"""Error -> label of its axis, in the order of the plots."""


def sparsification_figure(methods: Mapping[str, Mapping[str, Curves]], title: str = "") -> Figure:
    """Error of the pixels that are left while the least certain are removed: lower is better.

    Methods that share one depth share one oracle; a method with another depth gets its own, in its colour.

    Args:
        methods: name of the method -> abs_rel, rmse, a1 -> curves, as `Sparsification.curves()` gives them.
        title: stands above, for example the protocol.

    Returns:
        Three plots side by side.
    """
    figure = Figure(figsize=(13.5, 4.8), dpi=100, layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, len(LABELS))
    for axis, (error, label) in zip(axes, LABELS.items(), strict=True):
        _draw_error(axis, {name: _arrays(curves[error]) for name, curves in methods.items() if error in curves})
        axis.set(xlabel="fraction of pixels removed", ylabel=label, xlim=(0, 1))
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _arrays(curves: Curves) -> tuple[np.ndarray, np.ndarray, float]:
    method, oracle, random = curves
    return np.asarray(method, dtype=float), np.asarray(oracle, dtype=float), float(np.asarray(random))


def _draw_error(axis: Axes, methods: Mapping[str, tuple[np.ndarray, np.ndarray, float]]) -> None:
    oracles = [oracle for _, oracle, _ in methods.values()]
    shared = all(len(oracle) == len(oracles[0]) for oracle in oracles) and np.allclose(
        oracles, oracles[:1], equal_nan=True
    )
    for index, (name, (method, oracle, _)) in enumerate(methods.items()):
        label = f"{name} (AUSE {_area(method) - _area(oracle):.4g})"
        axis.plot(np.linspace(0, 1, len(method)), method, color=f"C{index}", label=label, linewidth=1.8)
    for index, (name, (_, oracle, random)) in enumerate(methods.items()):
        color, whose = ("black", "") if shared else (f"C{index}", f", {name}")
        axis.plot(np.linspace(0, 1, len(oracle)), oracle, "--", color=color, label=f"oracle{whose}", linewidth=1.2)
        axis.axhline(random, color=color, linestyle=":", label=f"random{whose}", linewidth=1.2)
        if shared:
            break


def _area(curve: np.ndarray) -> float:
    return float((curve[1:] + curve[:-1]).sum() / 2 / (len(curve) - 1))

"""Pictures for people: colour maps, panels, curves. NumPy and matplotlib only; no screen, no global state."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.visualization.binned import distance_figure, uncertainty_figure
    from gradunc.visualization.canvas import render, save_png
    from gradunc.visualization.colormaps import Limits, depth_to_rgb, error_to_rgb, robust_limits, uncertainty_to_rgb
    from gradunc.visualization.curves import sparsification_figure
    from gradunc.visualization.heatmap import study_figure
    from gradunc.visualization.histograms import histogram_figure
    from gradunc.visualization.history import read_history
    from gradunc.visualization.order import ranks, trust
    from gradunc.visualization.panels import panel
    from gradunc.visualization.prediction import arranged, estimator_tiles, prediction_tiles
    from gradunc.visualization.tiles import Bar, Tile, depth_tile, error_tile, image_tile, mask_tile, uncertainty_tile
    from gradunc.visualization.training_curves import training_figure

__all__ = [
    "Bar",
    "Limits",
    "Tile",
    "arranged",
    "depth_tile",
    "depth_to_rgb",
    "distance_figure",
    "error_tile",
    "error_to_rgb",
    "estimator_tiles",
    "histogram_figure",
    "image_tile",
    "mask_tile",
    "panel",
    "prediction_tiles",
    "ranks",
    "read_history",
    "render",
    "robust_limits",
    "save_png",
    "sparsification_figure",
    "study_figure",
    "training_figure",
    "trust",
    "uncertainty_figure",
    "uncertainty_tile",
    "uncertainty_to_rgb",
]

_WHERE = {
    "Bar": "tiles",
    "Limits": "colormaps",
    "Tile": "tiles",
    "arranged": "prediction",
    "depth_tile": "tiles",
    "depth_to_rgb": "colormaps",
    "distance_figure": "binned",
    "error_tile": "tiles",
    "error_to_rgb": "colormaps",
    "estimator_tiles": "prediction",
    "histogram_figure": "histograms",
    "image_tile": "tiles",
    "mask_tile": "tiles",
    "panel": "panels",
    "prediction_tiles": "prediction",
    "ranks": "order",
    "read_history": "history",
    "render": "canvas",
    "robust_limits": "colormaps",
    "save_png": "canvas",
    "sparsification_figure": "curves",
    "study_figure": "heatmap",
    "training_figure": "training_curves",
    "trust": "order",
    "uncertainty_figure": "binned",
    "uncertainty_tile": "tiles",
    "uncertainty_to_rgb": "colormaps",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

"""A second sparsification, written literally from the definition: masks, NumPy's percentile, no shortcut."""

import numpy as np


def errors_of(truth, prediction):
    """name -> (the metric of a subset, the per-pixel error that the oracle removes first)."""
    ratio = np.maximum(truth / prediction, prediction / truth)
    relative, squared = np.abs(truth - prediction) / truth, (truth - prediction) ** 2
    return {
        "abs_rel": (lambda kept: relative[kept].mean(), relative),
        "rmse": (lambda kept: np.sqrt(squared[kept].mean()), squared),
        "a1": (lambda kept: (ratio[kept] >= 1.25).mean(), ratio),
    }


def curve_of(metric, uncertainty, intervals=50):
    steps = [100.0 / intervals * t for t in range(intervals)]
    thresholds = [np.percentile(-uncertainty, q) for q in steps]
    return np.array([metric(-uncertainty >= threshold) for threshold in thresholds] + [0.0])


def sparsify(truth, prediction, uncertainty, intervals=50):
    """name -> (ause, aurg, curve, oracle)."""
    x = np.linspace(0, 1, intervals + 1)
    results = {}
    for name, (metric, worst) in errors_of(truth, prediction).items():
        curve, oracle = curve_of(metric, uncertainty, intervals), curve_of(metric, worst, intervals)
        area, best = (np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)) for y in (curve, oracle))
        everything = metric(np.ones(len(truth), dtype=bool))
        results[name] = (area - best, everything - area, curve, oracle)
    return results

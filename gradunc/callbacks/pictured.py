"""The panel of one image of a data set: what the network sees, says, gets wrong, and knows of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradunc.data.loading.collate import own_truth
from gradunc.metrics import EvaluationProtocol, Selection, depth_errors, sparsification
from gradunc.metrics.at_truth import at_truth, score_at_truth
from gradunc.models import DepthModel
from gradunc.types import Sample, UncertaintyEstimate
from gradunc.visualization import (
    Limits,
    Tile,
    arranged,
    depth_tile,
    error_tile,
    estimator_tiles,
    image_tile,
    mask_tile,
    panel,
    robust_limits,
    trust,
)
from gradunc.visualization.style import end_of

LEGEND = "depth: pink = farther than the scale of the true depth, vermillion = nearer, gray = unknown"
LONGEST = 80
"""Letters of a path that are shown: its end."""
BEYOND = torch.finfo(torch.float32).max
"""Stands for a depth at or beyond infinity [m], which is known and far, where infinite means unknown."""


class _Compared(NamedTuple):
    """A prediction of an image beside its truth, float64 on the CPU."""

    selection: Selection
    aligned: Tensor
    """(H,W) depth [m] of all pixels, NaN where it is not finite."""


def picture(
    model: DepthModel,
    outputs: Mapping[str, Any],
    batch: Sample,
    position: int,
    protocol: EvaluationProtocol,
    estimates: Mapping[str, UncertaintyEstimate],
    reject: float = 0.2,
) -> NDArray[np.uint8]:
    """Draw one image of a batch.

    Args:
        model: that predicted.
        outputs: of its step, `prediction` and, in a self-supervised validation, `maps`.
        batch: of the data set.
        position: of the image in it.
        protocol: aligns depth and says which pixels count.
        estimates: estimator -> estimate of this image alone, a batch of one.
        reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.

    Returns:
        (H,W,3) uint8.
    """
    tiles, scores = tiles_and_scores(model, outputs, batch, position, protocol, estimates, reject)
    path = str(batch["path"][position]) if "path" in batch else ""
    return panel(tiles, [*([end_of(path, LONGEST)] if path else []), *scores])


def tiles_and_scores(
    model: DepthModel,
    outputs: Mapping[str, Any],
    batch: Sample,
    position: int,
    protocol: EvaluationProtocol,
    estimates: Mapping[str, UncertaintyEstimate],
    reject: float,
) -> tuple[list[Tile | None], list[str]]:
    """The tiles of the panel, and the lines of its scores."""
    image = batch["image"][position].float().cpu().numpy()
    depth = outputs["prediction"].depth[position].float().cpu()
    truth = _truth(batch, position)
    found = None if truth is None else _compared(protocol, model, depth, *truth)
    if truth is None or found is None:
        space = model.output_space
        tiles = [image_tile(image), depth_tile(depth[0].numpy(), space.unit, "predicted depth", space.quantity)]
        lines = [] if truth is None else ["no true depth that counts, or no finite prediction at it"]
    else:
        tiles, lines = _beside_truth(image, *truth, found, protocol), [_errors_line(found.selection)]
    rows = []
    for name, estimate in estimates.items():
        shown, line = _estimator(model, image, estimate, name, protocol, truth if found else None, reject)
        rows.append(shown)
        lines += line
    lines += [LEGEND] if found else []
    more = arranged(rows)
    if "auto_mask" in outputs.get("maps", {}):
        mask = mask_tile(outputs["maps"]["auto_mask"][position, 0].cpu().numpy())
        more = [*more[:-1], mask] if more and more[-1] is None else [*more, mask]
    return [*tiles, *more], lines


def _truth(batch: Sample, position: int) -> tuple[Tensor, Tensor] | None:
    """True depth [m] and where it counts, (1,H,W) each."""
    if "depth" not in batch:
        return None
    truth, valid = own_truth(batch)[position]
    return truth.cpu(), valid.cpu()


def _compared(
    protocol: EvaluationProtocol, model: DepthModel, depth: Tensor, truth: Tensor, valid: Tensor
) -> _Compared | None:
    """A prediction (1,h,w) at the truth; None if there is no finite value of it where the truth counts."""
    maps, space = at_truth(protocol, model, depth[None], truth[None])
    selection = protocol.select(truth, maps[0], valid, space)
    if selection.fit is None:
        return None
    raw = maps[0, 0].double()
    aligned = torch.where(raw.isfinite(), selection.fit.depth(raw).clamp(max=BEYOND), torch.nan)
    return _Compared(selection, aligned)


def _beside_truth(
    image: NDArray, truth: Tensor, valid: Tensor, found: _Compared, protocol: EvaluationProtocol
) -> list[Tile | None]:
    """Image, truth, error and prediction: truth and prediction have one scale, that of the truth."""
    selection = found.selection
    limits = scale_of(truth[valid], protocol)
    known = torch.where(valid[0], truth[0].double(), torch.nan)
    error = torch.full(selection.keep.shape, torch.nan, dtype=torch.float64)
    error[selection.keep] = (selection.prediction - selection.truth).abs() / selection.truth
    return [
        image_tile(image),
        depth_tile(known.numpy(), title="true depth", limits=limits),
        error_tile(error.numpy(), unit="|d - d*| / d*", title="relative error"),
        depth_tile(found.aligned.numpy(), title=f"predicted depth{alignment_text(protocol, selection)}", limits=limits),
    ]


def scale_of(truth: Tensor, protocol: EvaluationProtocol) -> Limits:
    """The scale of known true depth (n,) [m]: all of it in the protocol's range, but for single outliers."""
    inside = truth[(truth > protocol.min_depth) & (truth < protocol.max_depth)]
    return robust_limits((inside if len(inside) else truth).numpy(), 0.5, 99.5)


def alignment_text(protocol: EvaluationProtocol, selection: Selection) -> str:
    """What was done to a prediction, for its title; nothing for one in metres.

    >>> alignment_text(EvaluationProtocol("none"), Selection(*[torch.ones(1)] * 4, fit=None))
    ''
    """
    if protocol.alignment == "none":
        return ""
    if protocol.alignment == "least_squares":
        return " after scale and shift by least squares"
    factor = "" if selection.fit is None or protocol.png else f" x{float(selection.fit.factor):.4g}"
    return f" after {'median' if protocol.alignment == 'median' else 'stereo'} scaling{factor}"


def _errors_line(selection: Selection) -> str:
    errors = depth_errors(selection.truth, selection.prediction)
    return f"abs_rel {errors['abs_rel']:.4f}, rmse {errors['rmse']:.3f} m, a1 {errors['a1']:.4f}"


def _estimator(
    model: DepthModel,
    image: NDArray,
    estimate: UncertaintyEstimate,
    name: str,
    protocol: EvaluationProtocol,
    truth: tuple[Tensor, Tensor] | None,
    reject: float,
) -> tuple[list[Tile], list[str]]:
    """Its tiles and the line of its scores; an estimate is ranked against the errors of its own depth."""
    if truth is None:
        known = torch.where(estimate.valid, estimate.uncertainty, torch.nan)[0, 0].float().cpu().numpy()
        return estimator_tiles(image, known, name, reject), []
    score, valid = score_at_truth(protocol, estimate.uncertainty, estimate.valid, truth[0][None])
    values = torch.where(valid, score, torch.nan)[0, 0]
    usable = truth[1] & valid[0] & score[0].isfinite()
    found = _compared(protocol, model, estimate.depth[0].float().cpu(), truth[0], usable)
    if found is None:
        return estimator_tiles(image, values.numpy(), name, reject), [f"{name}: no score where the truth counts"]
    selection, among = found.selection, found.selection.keep.numpy()
    ranked = sparsification(selection.truth, selection.prediction, values[selection.keep])["abs_rel"]
    rest = ""
    if reject:
        kept = torch.from_numpy(trust(values.numpy(), reject, among).keep)[selection.keep]
        before = depth_errors(selection.truth, selection.prediction)["abs_rel"]
        after = depth_errors(selection.truth[kept], selection.prediction[kept])["abs_rel"]
        rest = f"; abs_rel {before:.4f}, of the rest {after:.4f}"
    line = f"{name}: AUSE of abs_rel {ranked.ause:.4f}, AURG {ranked.aurg:.4f}"
    return estimator_tiles(image, values.numpy(), name, reject, among, rest), [line]

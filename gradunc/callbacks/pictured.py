"""The panel of one image of a data set: what the network sees, says, gets wrong, and knows of it."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from gradunc.callbacks.objective_tiles import objective_tiles
from gradunc.metrics import EvaluationProtocol, RankedBatch, RankedImage, Selection, depth_errors
from gradunc.models import DepthModel
from gradunc.ops.truth import own_truth
from gradunc.types import Sample, UncertaintyEstimate
from gradunc.visualization import (
    Limits,
    Tile,
    arranged,
    depth_tile,
    error_tile,
    estimator_tiles,
    image_tile,
    robust_limits,
    trust,
)

LEGEND = "depth: pink = farther than the scale of the true depth, vermillion = nearer, gray = unknown"
BEYOND = torch.finfo(torch.float32).max
"""Stands for a depth at or beyond infinity [m], which is known and far, where infinite means unknown."""


def tiles_and_scores(
    model: DepthModel,
    outputs: Mapping[str, Any],
    batch: Sample,
    position: int,
    protocol: EvaluationProtocol,
    estimates: Mapping[str, UncertaintyEstimate],
    reject: float = 0.2,
) -> tuple[list[Tile | None], list[str]]:
    """What is drawn of one image of a batch, for `panel`.

    Args:
        model: that predicted.
        outputs: of its step, `prediction` and, in a validation, `maps` of the losses.
        batch: of the data set.
        position: of the image in it.
        protocol: aligns depth and says which pixels count.
        estimates: estimator -> estimate of this image alone, a batch of one.
        reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.

    Returns:
        The tiles, and the lines of the scores.
    """
    image = batch["image"][position].float().cpu().numpy()
    depth = outputs["prediction"].depth[position].float().cpu()
    truths = _truths(batch, position)
    ranked = RankedBatch(protocol, model, truths)
    seen = next(iter(ranked.images(depth[None]) if truths else ()), None)
    if seen is None or seen.select().fit is None:
        space = model.output_space
        tiles = [image_tile(image), depth_tile(depth[0].numpy(), space.unit, "predicted depth", space.quantity)]
        lines = [] if seen is None else ["no true depth that counts, or no finite prediction at it"]
        comparable = None
    else:
        tiles, lines = _beside_truth(image, seen, protocol), [_errors_line(seen.select())]
        comparable = ranked
    rows = []
    for name, estimate in estimates.items():
        shown, line = _estimator(image, estimate, name, comparable, reject)
        rows.append(shown)
        lines += line
    lines += [LEGEND] if comparable else []
    more = arranged(rows)
    seen_by_loss = objective_tiles(outputs.get("maps", {}), position)
    if seen_by_loss and more and more[-1] is None:
        more = more[:-1]
    return [*tiles, *more, *seen_by_loss], lines


def _truths(batch: Sample, position: int) -> list[tuple[Tensor, Tensor]]:
    """True depth [m] of the image and where it counts, (1,H,W) each, on the CPU; none of a batch without truth."""
    if "depth" not in batch:
        return []
    truth, valid = own_truth(batch)[position]
    return [(truth.cpu(), valid.cpu())]


def _beside_truth(image: NDArray, seen: RankedImage, protocol: EvaluationProtocol) -> list[Tile | None]:
    """Image, truth, error and prediction: truth and prediction have one scale, that of the truth."""
    selection = seen.select()
    assert selection.fit is not None, "asked by the caller"
    raw = seen.prediction[0].double()
    aligned = torch.where(raw.isfinite(), selection.fit.depth(raw).clamp(max=BEYOND), torch.nan)
    limits = scale_of(seen.truth[seen.valid], protocol)
    known = torch.where(seen.valid[0], seen.truth[0].double(), torch.nan)
    error = torch.full(selection.keep.shape, torch.nan, dtype=torch.float64)
    error[selection.keep] = (selection.prediction - selection.truth).abs() / selection.truth
    return [
        image_tile(image),
        depth_tile(known.numpy(), title="true depth", limits=limits),
        error_tile(error.numpy(), unit="|d - d*| / d*", title="relative error"),
        depth_tile(aligned.numpy(), title=f"predicted depth{alignment_text(protocol, selection)}", limits=limits),
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
    image: NDArray, estimate: UncertaintyEstimate, name: str, ranked: RankedBatch | None, reject: float
) -> tuple[list[Tile], list[str]]:
    """Its tiles and the line of its scores; an estimate is ranked against the errors of its own depth."""
    if ranked is None:
        shown = torch.where(estimate.valid, estimate.uncertainty, torch.nan)[0, 0].float().cpu().numpy()
        return estimator_tiles(image, shown, name, reject), []
    (score,), (valid,) = ranked.scores(0, estimate.uncertainty, estimate.valid)
    values, known = torch.where(valid, score, torch.nan), valid & score.isfinite()
    (own,) = ranked.images(estimate.depth.float().cpu())
    found, selection = own.rank(score, known), own.select(known)
    if found is None or selection.fit is None:
        return estimator_tiles(image, values.numpy(), name, reject), [f"{name}: no score where the truth counts"]
    among, rest = selection.keep.numpy(), ""
    if reject:
        kept = torch.from_numpy(trust(values.numpy(), reject, among).keep)[selection.keep]
        before = depth_errors(selection.truth, selection.prediction)["abs_rel"]
        after = depth_errors(selection.truth[kept], selection.prediction[kept])["abs_rel"]
        rest = f"; abs_rel {before:.4f}, of the rest {after:.4f}"
    line = f"{name}: AUSE of abs_rel {found['abs_rel'].ause:.4f}, AURG {found['abs_rel'].aurg:.4f}"
    return estimator_tiles(image, values.numpy(), name, reject, among, rest), [line]

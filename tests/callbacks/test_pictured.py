"""What a panel says of an image, by hand."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.callbacks.pictured import tiles_and_scores
from gradunc.metrics import EvaluationProtocol
from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.visualization import panel
from tests.callbacks.helpers import Told, ToldUncertainty, median_errors, sample
from tests.metrics.reference import sparsify

LEGEND = "depth: pink = farther than the scale of the true depth, vermillion = nearer, gray = unknown"


def given(**more: Any) -> tuple[Told, dict[str, Any], Any]:
    """Network, outputs and a batch of one."""
    model = Told()
    batch: Any = {
        key: value[None] if isinstance(value, Tensor) else [value] for key, value in sample(3, **more).items()
    }
    return model, {"prediction": model(batch["image"])}, batch


def shown(
    protocol: EvaluationProtocol,
    estimates: dict[str, UncertaintyEstimate] | None = None,
    reject: float = 0.2,
    **more: Any,
) -> tuple[list[str], list[str], list[Any]]:
    """Titles, lines of scores, tiles."""
    model, outputs, batch = given(**more)
    tiles, scores = tiles_and_scores(model, outputs, batch, 0, protocol, estimates or {}, reject)
    return [tile.title if tile else "" for tile in tiles], scores, tiles


def told() -> dict[str, UncertaintyEstimate]:
    _, _, batch = given()
    return {"told": ToldUncertainty(Told()).estimate(batch["image"])}


def test_errors_scale_and_scores_by_hand() -> None:
    titles, lines, _ = shown(EvaluationProtocol(), told(), reject=0.25)
    _, outputs, batch = given()
    truth, prediction = batch["depth"][0, 0].numpy(), outputs["prediction"].depth[0, 0].numpy()
    keep = (truth > 1e-3) & (truth < 80)
    errors = median_errors(truth, prediction, keep)
    factor = np.median(truth[keep]) / np.median(prediction[keep])
    assert titles[:4] == [
        "image",
        "true depth [m]",
        "relative error [|d - d*| / d*]",
        f"predicted depth after median scaling x{factor:.4g} [m]",
    ]
    assert lines[0] == f"abs_rel {errors['abs_rel']:.4f}, rmse {errors['rmse']:.3f} m, a1 {errors['a1']:.4f}"
    # Of the estimate only pixels count where it is known; the worst quarter of them goes.
    estimate = told()["told"]
    score, known = estimate.uncertainty[0, 0].numpy(), estimate.valid[0, 0].numpy() & keep
    aligned = np.clip(prediction * np.median(truth[known]) / np.median(prediction[known]), 1e-3, 80)
    relative = np.abs(truth - aligned) / np.where(truth > 0, truth, 1)
    rest = known & (-score.astype(float) >= np.percentile(-score[known].astype(float), 25))
    gone = round(100 * (1 - rest.sum() / known.sum()))
    assert titles[6] == (
        f"told, do not trust: the {gone}% most uncertain of those with truth; abs_rel {relative[known].mean():.4f}, "
        f"of the rest {relative[rest].mean():.4f}"
    )
    ause, aurg, _, _ = sparsify(truth[known].astype(float), aligned[known].astype(float), score[known])["abs_rel"]
    assert lines[1] == f"told: AUSE of abs_rel {ause:.4f}, AURG {aurg:.4f}"
    assert lines[-1] == LEGEND


def test_an_estimate_is_ranked_against_the_errors_of_its_own_depth() -> None:
    _, _, batch = given()
    truth = batch["depth"].float()
    # Half of the known pixels are right and certain, the others twice too far: the order is that of the errors.
    wrong = torch.arange(truth.numel()).view(truth.shape) % 2 == 0
    own = UncertaintyEstimate(torch.where(wrong, 2 * truth, truth), wrong.float(), torch.ones_like(wrong))
    _, lines, _ = shown(EvaluationProtocol("none"), {"own": own}, reject=0)
    keep = ((truth > 1e-3) & (truth < 80))[0, 0].numpy()
    aligned = own.depth[0, 0].double().clamp(1e-3, 80).numpy()[keep]
    ause, aurg, _, _ = sparsify(truth[0, 0].double().numpy()[keep], aligned, wrong[0, 0].numpy()[keep].astype(float))[
        "abs_rel"
    ]
    assert lines[1] == f"own: AUSE of abs_rel {ause:.4f}, AURG {aurg:.4f}"
    assert aurg > 0


@pytest.mark.parametrize(
    ("alignment", "text"),
    [
        ("none", "predicted depth [m]"),
        ("stereo", "predicted depth after stereo scaling x5.4 [m]"),
        ("least_squares", "predicted depth after scale and shift by least squares [m]"),
    ],
)
def test_the_title_says_what_was_done(alignment: str, text: str) -> None:
    assert shown(EvaluationProtocol(alignment))[0][3] == text


def test_truth_and_prediction_share_one_scale() -> None:
    _, _, tiles = shown(EvaluationProtocol())
    true, predicted = tiles[1].bar, tiles[3].bar
    assert (true.scale.vmin, true.scale.vmax) == (predicted.scale.vmin, predicted.scale.vmax)
    _, _, batch = given()
    inside = batch["depth"][(batch["depth"] > 0) & (batch["depth"] < 80)].numpy()
    assert (true.scale.vmin, true.scale.vmax) == pytest.approx(tuple(np.percentile(inside, [0.5, 99.5])))


def test_truth_finer_than_the_image() -> None:
    titles, lines, _ = shown(EvaluationProtocol(), told(), scale=3)
    assert len(titles) == 8
    assert len(lines) == 3


def test_a_disparity_of_zero_is_far_and_a_broken_one_unknown() -> None:
    model, _, batch = given(seen=2.0)
    model.output_space = type(model.output_space)("disparity", "scale")
    disparity = 1 / batch["depth"]
    disparity[0, 0, 0, 0], disparity[0, 0, 0, 1] = -1.0, torch.nan
    tiles, _ = tiles_and_scores(
        model, {"prediction": DepthPrediction(disparity)}, batch, 0, EvaluationProtocol(), {}, 0
    )
    assert tiles[3] is not None
    assert tiles[3].pixels[0, :2].tolist() == [[0xCC, 0x79, 0xA7], [128] * 3]


def without_truth(batch: Any) -> None:
    del batch["depth"], batch["valid"]


def nowhere_valid(batch: Any) -> None:
    batch["valid"][:] = False


@pytest.mark.parametrize("change", [without_truth, nowhere_valid])
def test_without_truth_the_prediction_has_its_own_scale(change: Any) -> None:
    model, outputs, batch = given()
    change(batch)
    tiles, lines = tiles_and_scores(model, outputs, batch, 0, EvaluationProtocol(), told(), 0.2)
    titles = [tile.title if tile else "" for tile in tiles]
    assert titles[:2] == ["image", "predicted depth [arbitrary (up to scale)]"]
    assert titles[2] == "uncertainty told: rank among the pixels [%], high = worse"
    assert len(titles) == 6
    assert lines == ([] if change is without_truth else ["no true depth that counts, or no finite prediction at it"])


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -5.0, 0.0, 7.0])
@pytest.mark.parametrize("protocol", [EvaluationProtocol(), EvaluationProtocol("least_squares"),
                                      EvaluationProtocol(name="published_png")])  # fmt: skip
def test_broken_and_constant_predictions_make_a_panel(value: float, protocol: EvaluationProtocol) -> None:
    model, outputs, batch = given()
    depth = torch.full_like(outputs["prediction"].depth, value)
    estimates = {"told": UncertaintyEstimate(depth, depth, depth.isfinite())}
    drawn = panel(*tiles_and_scores(model, {"prediction": DepthPrediction(depth)}, batch, 0, protocol, estimates))
    assert drawn.ndim == 3


def test_the_auto_mask_takes_the_free_place() -> None:
    model, outputs, batch = given()
    outputs["maps"] = {"auto_mask": batch["image"][:, :1] > 0.5}
    tiles, _ = tiles_and_scores(model, outputs, batch, 0, EvaluationProtocol(), told(), 0.2)
    assert len(tiles) == 8
    assert tiles[7] is not None
    assert tiles[7].title.startswith("auto-mask")

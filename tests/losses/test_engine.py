from typing import get_args

import pytest
import torch

from gradunc.errors import InputError
from gradunc.losses import TERMS, TRUTHS, LossEngine, LossInputs, Need
from gradunc.own_uncertainty import OwnUncertainty
from tests.losses.helpers import camera, inputs, no_motion, prediction, random


def test_weights_and_mean_over_scales_by_hand() -> None:
    truth = torch.full((1, 1, 4, 4), 2.0)
    # Constant maps: off by 1 m and by 4 m, SILog of a wrong factor is proportional to its logarithm.
    scales = (torch.full((1, 1, 4, 4), 3.0), torch.full((1, 1, 2, 2), 6.0))
    result = LossEngine({"l1": 2.0, "silog": 0.5})(inputs(prediction(*scales), depth=truth, valid=truth > 0))
    silog = [10 * 0.15**0.5 * float(torch.tensor(factor).log()) for factor in (1.5, 3.0)]
    expected = [2 * 1 + 0.5 * silog[0], 2 * 4 + 0.5 * silog[1]]
    assert [float(x) for x in result.per_scale] == pytest.approx(expected, rel=1e-5)
    assert float(result.total) == pytest.approx(sum(expected) / 2, rel=1e-5)
    assert {name: float(part) for name, part in result.parts.items()} == pytest.approx(
        {"l1": 2.5, "silog": sum(silog) / 2}, rel=1e-5
    )


def test_maps_of_the_finest_scale_are_returned_without_graph() -> None:
    image = random(0, 2, 3, 8, 12)
    scales = (torch.ones(2, 1, 8, 12, requires_grad=True), torch.ones(2, 1, 4, 6, requires_grad=True))
    given = inputs(
        prediction(*scales), no_motion(2), image=image, sources=random(1, 2, 1, 3, 8, 12), intrinsics=camera(2)
    )
    result = LossEngine({"photometric": 1.0, "smoothness": 1e-3})(given)
    assert {name: tuple(m.shape) for name, m in result.maps.items()} == {
        "auto_mask": (2, 1, 8, 12),
        "photometric": (2, 1, 8, 12),
        "warped": (2, 3, 8, 12),
    }
    assert result.maps["auto_mask"].dtype == torch.bool
    assert not any(tensor.requires_grad for tensor in (*result.maps.values(), *result.parts.values()))
    assert len(result.per_scale) == 2


def test_supervision_is_told_by_the_terms() -> None:
    without = {name for name, make in TERMS.items() if not TRUTHS.keys() & make().needs}
    of_things = {"motion_sparsity", "motion_smoothness"}
    of_both = {"appearance", "left_right", "masked_photometric", "geometry_consistency"}
    assert without == {
        "photometric",
        "census",
        "smoothness",
        "photometric_laplace",
        "reprojection",
        *of_both,
        *of_things,
    }
    assert LossEngine({"smoothness": 1.0, "l1": 1.0}).supervised
    assert not LossEngine({"photometric": 1.0, "smoothness": 1.0}).supervised


OF_HEADS = {"positive_depth", "output_depth"}
"""What is asked of `model.head`; a loss itself cannot tell."""
OF_FRAMES = {"known_motion", "auto_mask"}
"""What is asked of `objective.frames` and `objective.auto_mask_after`."""
DELIVERED: dict[Need, tuple[str, ...]] = {
    "sources": ("sources",),
    "depth": ("depth", "valid"),
    "disparity": ("disparity", "disparity_valid"),
    "ordinal": ("ordinal",),
}


def given_without(left_out: set[Need], head: str) -> LossInputs:
    """A batch and a prediction with everything a term may need, but for some of it; `head` is what it trains."""
    sample = {
        "image": random(0, 1, 3, 4, 6),
        "intrinsics": camera(),
        "sources": random(1, 1, 1, 3, 4, 6),
        "depth": 1 + random(2, 1, 1, 4, 6),
        "valid": torch.ones(1, 1, 4, 6, dtype=torch.bool),
        "disparity": random(6, 1, 1, 4, 6),
        "disparity_valid": torch.ones(1, 1, 4, 6, dtype=torch.bool),
        "ordinal": torch.tensor([[[0.0, 1.0, 5.0, 3.0, 1.0]]]),
    }
    for need in left_out:
        for key in DELIVERED.get(need, ()):
            del sample[key]
    own = OwnUncertainty(head or "laplace")  # pyright: ignore[reportArgumentType]
    told = [random(4, 1, own.channels, 4, 6)]
    if "uncertainty_head" in left_out:
        own, told = None, []
    centres = None if "bins" in left_out else 1 + random(5, 1, 8)
    given = inputs(prediction(1 + random(3, 1, 1, 4, 6), told=told, centres=centres), no_motion(), own, **sample)
    given.motions = None if "motion_field" in left_out else random(7, 1, 1, 3, 4, 6)
    given.source_predictions = () if "source_prediction" in left_out else (given.prediction,)
    return given


@pytest.mark.parametrize("name", TERMS)
def test_terms_say_what_they_need(name: str) -> None:
    """Without the rest a term works; without any of it, it does not. Truth is missing if all kinds are."""
    term, told = TERMS[name](), set(get_args(Need)) - OF_HEADS - OF_FRAMES
    assert bool(term.head) == ("uncertainty_head" in term.needs)
    assert LossEngine({name: 1.0})(given_without(told - term.needs, term.head)).total.isfinite()
    for need in told & term.needs:
        with pytest.raises(InputError):
            LossEngine({name: 1.0})(given_without(set(TRUTHS) if need in TRUTHS else {need}, term.head))


@pytest.mark.parametrize("name", TERMS)
def test_terms_that_read_the_auto_mask_say_so(name: str) -> None:
    """A camera that stands still: no pixel counts, as long as there is a mask."""
    values = []
    for masked in (True, False):
        given = given_without(set(), TERMS[name]().head)
        given.auto_masked = masked
        values.append(float(LossEngine({name: 1.0})(given).total))
    assert (values[0] != values[1]) == ("auto_mask" in TERMS[name]().needs)


def test_one_uncertainty_head_is_trained() -> None:
    assert LossEngine({"evidential": 1.0, "evidential_regularizer": 0.2, "l1": 1.0}).head == "evidential"
    assert LossEngine({"l1": 1.0}).head == ""
    with pytest.raises(InputError, match=r"losses\.laplace and \.gaussian train different uncertainty heads"):
        LossEngine({"laplace": 1.0, "gaussian": 1.0})


def test_terms_of_a_loss_that_need_something() -> None:
    engine = LossEngine({"l1": 1.0, "photometric": 1.0, "laplace": 0.5, "smoothness": 1.0})
    assert engine.needing("depth") == ("l1", "laplace")
    assert engine.needing("positive_depth") == engine.needing("sources") == ("photometric",)


def test_what_is_needed_names_the_first_loss_that_does() -> None:
    engine = LossEngine({"smoothness": 1.0, "ssi": 1.0, "l1": 1.0, "photometric": 1.0})
    assert engine.needs == {
        "depth": "l1",
        "disparity": "ssi",
        "output_depth": "l1",
        "positive_depth": "ssi",
        "sources": "photometric",
        "auto_mask": "photometric",
    }


def test_only_a_loss_of_depth_fixes_its_unit() -> None:
    assert LossEngine({"ssi": 1.0, "l1": 1.0}).metric
    assert not LossEngine({"ssi_trimmed": 1.0, "ssi_trimmed_matching": 0.5}).metric
    assert not LossEngine({"photometric": 1.0}).metric


def test_unknown_loss_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown loss 'photometrc'; did you mean 'photometric'\?"):
        LossEngine({"photometrc": 1.0})


def test_no_loss_is_refused() -> None:
    with pytest.raises(InputError, match=r"objective\.losses is empty"):
        LossEngine({})


@pytest.mark.parametrize(("loss", "missing"), [("photometric", "sources"), ("l1", "depth")])
def test_a_data_set_that_lacks_something_is_named(loss: str, missing: str) -> None:
    given = inputs(prediction(torch.ones(1, 1, 4, 6)), no_motion(), image=torch.zeros(1, 3, 4, 6), intrinsics=camera())
    with pytest.raises(InputError, match=f"needs '{missing}'"):
        LossEngine({loss: 1.0})(given)

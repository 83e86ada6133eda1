"""The student of gradient scores: what it repeats, and what it costs."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.errors import InputError
from gradunc.models import Monodepth2Settings, RTMonoDepthSSettings, build_model
from gradunc.ops.cells import averaged
from gradunc.uncertainty import GradientUncertainty, Student, cost_in_forwards
from gradunc.uncertainty.fitted.student import cells
from gradunc.uncertainty.fitted.student.teacher import Teacher, log_score
from tests.helpers import tiny_model
from tests.uncertainty.fitted.student.taught import SIZE, WEIGHTS, Colours, Taught, batches, fitted, pictures
from tests.uncertainty.networks import Pyramid, fingerprint, noise
from tests.uncertainty.split_networks import Split, SplitPyramid


def test_a_linear_teacher_is_repeated():
    student = Taught(Colours(), layers="features", ridge=0.0)
    student.fit(batches(pictures(4)))
    learned = student.learned()
    torch.testing.assert_close(learned["weight.features"][0], WEIGHTS, rtol=1e-3, atol=1e-3)
    assert float(learned["depth"]) == pytest.approx(-0.7, abs=1e-3)
    assert float(learned["bias"]) == pytest.approx(3.0, abs=1e-3)
    asked = pictures(2, seed=9)
    expected = cells.to_pixels(student.linear(asked) + 3, SIZE).exp()
    torch.testing.assert_close(student.estimate(asked).uncertainty, expected, rtol=1e-3, atol=1e-3)
    assert student.findings == ("repeats 100% of the variance of the log score of its teachers",)


def test_the_fit_is_dense_least_squares_on_the_features_of_all_cells():
    """A second way: all rows in one table, the ridge as rows below."""
    model, images = SplitPyramid(), noise(3, *SIZE)
    student = fitted(model, images, layers=["block", "fuse"], ridge=0.05)
    found: dict[str, Tensor] = {}
    handles = [
        getattr(model, name).register_forward_hook(
            lambda _m, _a, output, name=name: found.__setitem__(name, output.clone())
        )
        for name in ("block", "fuse")
    ]
    with torch.no_grad():
        depth = model(images).depth
    for handle in handles:
        handle.remove()
    maps = [F.elu(found["block"]), F.interpolate(F.elu(found["fuse"]), (16, 24), mode="bilinear")]
    maps.append(averaged(depth.log(), None, 4))
    x = torch.cat(maps, 1).movedim(1, -1).flatten(0, 2).double()
    y = Teacher(model, ["block", "fuse"], ["flip", "feature_flip", "gray"])(images, None, {}).flatten().double()
    mean, std = x.mean(0), x.std(0, correction=0)
    matrix = torch.cat([(x - mean) / std, (len(x) * 0.05) ** 0.5 * torch.eye(x.shape[1], dtype=torch.float64)])
    right = torch.cat([y - y.mean(), y.new_zeros(x.shape[1])])
    expected = torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0] / std
    learned = student.learned()
    weights = torch.cat([learned["weight.block"][0], learned["weight.fuse"][0], learned["depth"][None]])
    torch.testing.assert_close(weights.double(), expected, rtol=1e-4, atol=1e-6)
    assert float(learned["bias"]) == pytest.approx(float(y.mean() - mean @ expected), abs=1e-5)


def test_a_teacher_is_the_mean_of_the_logarithms_of_its_scores():
    model, images = SplitPyramid(), noise(2, 16, 24)
    found = Teacher(model, ["block"], ["flip", "gray"])(images, None, {})
    logs = []
    for reference in ("flip", "gray"):
        score = GradientUncertainty.recommended(model, layers=["block"], reference=[reference, "scale"]).estimate(
            images
        )
        log = F.avg_pool2d(score.uncertainty, 4).log()
        logs.append(log - log.mean((1, 2, 3), keepdim=True))
    torch.testing.assert_close(found, (logs[0] + logs[1]) / 2, rtol=1e-4, atol=1e-5)


def test_scores_that_are_0_or_unknown():
    estimate = GradientUncertainty.recommended(Pyramid(), layers=["fuse"]).estimate(noise(2, 8, 8))
    score, valid = torch.full((2, 1, 8, 8), 2.0), torch.ones(2, 1, 8, 8, dtype=torch.bool)
    score[0], score[1, 0, :4, :4], valid[1, 0, 4:, 4:] = 0, 0, False
    logs = log_score(estimate._replace(uncertainty=score, valid=valid))
    assert logs[0].isnan().all()
    # Of three known cells 2, 2 and 0: the last counts as 1e-4 of their mean.
    low = torch.tensor(1e-4 * 4 / 3 / 2).log()
    expected = torch.tensor([[low * 2 / 3, -low / 3], [-low / 3, torch.nan]])
    torch.testing.assert_close(logs[1, 0], expected, equal_nan=True, rtol=1e-5, atol=1e-5)


def test_batches_and_their_order_do_not_matter_and_it_can_be_kept():
    images, asked = noise(6, *SIZE), noise(2, *SIZE, seed=7)
    one, other = (Student(SplitPyramid(), layers=["block", "fuse"]) for _ in range(2))
    one.fit(batches(images, 6))
    other.fit(batches(images.flip(0), 1))
    first, second = one.estimate(asked), other.estimate(asked)
    torch.testing.assert_close(first.uncertainty, second.uncertainty, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first.layers["distance"], second.layers["distance"], rtol=1e-4, atol=1e-4)
    fresh = Student(SplitPyramid(), layers=["block", "fuse"])
    fresh.restore(one.learned())
    assert torch.equal(fresh.estimate(asked).uncertainty, first.uncertainty)
    assert fresh.fitted_from == one.fitted_from == "6 images of val"


def test_layers_are_found_and_the_network_stays():
    model = tiny_model()
    before = fingerprint(model)
    student = fitted(model, noise(2, *SIZE))
    assert fingerprint(model) == before
    assert student.layers == tuple(f"decoder.blocks.{k}.conv" for k in range(7))
    assert student.notes == ("layers=null chose decoder.blocks.0.conv to decoder.blocks.6.conv (7 layers)",)
    # A size that is no multiple of anything.
    estimate = student.estimate(noise(2, 50, 71, seed=3))
    assert estimate.uncertainty.shape == (2, 1, 50, 71)
    assert estimate.valid.all()
    assert estimate.layers["distance"].shape == (2, 1, *cells.GRID)


def test_a_network_with_one_layer_and_without_encode_and_decode():
    student = fitted(Pyramid(), noise(3, *SIZE), layers="fuse")
    assert student.notes == ("feature_flip is left out of the teachers, the network has no encode and decode",)
    assert student.estimate(noise(1, *SIZE, seed=5)).valid.all()
    split = fitted(Split(), noise(3, *SIZE), layers="fuse")
    assert split.notes == ()
    with pytest.raises(InputError, match="no teacher is left: the network has no encode and decode; add flip to"):
        fitted(Pyramid(), noise(1, *SIZE), layers="fuse", references=["feature_flip"])


def test_a_pixel_without_depth_is_unknown_and_others_are_not():
    model = SplitPyramid()
    student = fitted(model, noise(2, *SIZE), layers=["block"])
    model.register_forward_hook(
        lambda _m, _a, out: out._replace(depth=out.depth.index_fill(3, torch.tensor(9), torch.nan))
    )
    estimate = student.estimate(noise(1, *SIZE, seed=2))
    assert estimate.valid[0, 0].sum(0).tolist() == [0 if column == 9 else SIZE[0] for column in range(SIZE[1])]


@pytest.mark.parametrize(
    "settings",
    [RTMonoDepthSSettings(), Monodepth2Settings(encoder="resnet18", size=[192, 640])],
    ids=lambda settings: type(settings).__name__,
)
@pytest.mark.slow
def test_it_costs_one_pass(settings):
    torch.manual_seed(0)
    model, image = build_model(settings).eval(), noise(1, 192, 640)
    assert cost_in_forwards(fitted(model, image), image) <= 1.1

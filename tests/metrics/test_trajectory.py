"""Errors of paths, in closed form and against a plain second writing of the published formulas."""

import math

import numpy as np
import pytest
import torch

from gradunc.errors import InputError
from gradunc.metrics.choices import PATH_ALIGNMENTS
from gradunc.metrics.trajectory import (
    absolute_error,
    align,
    path_of,
    segment_errors,
    snippet_errors,
    step_errors,
    umeyama,
)


def rigid(axis_angle, shift) -> torch.Tensor:
    """(4,4), the rotation by the exponential of its cross product."""
    x, y, z = axis_angle
    motion = torch.eye(4, dtype=torch.float64)
    motion[:3, :3] = torch.linalg.matrix_exp(torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]]).double())
    motion[:3, 3] = torch.as_tensor(shift)
    return motion


def random_motions(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    turns = 0.05 * torch.randn(count, 3, generator=generator).double()
    shifts = torch.tensor([0.0, 0, -1]) + 0.1 * torch.randn(count, 3, generator=generator)
    return torch.stack([rigid(*both) for both in zip(turns, shifts, strict=True)])


def straight(count: int, step: float = 1.0) -> torch.Tensor:
    """Path of `count` frames along z."""
    path = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    path[:, 2, 3] = step * torch.arange(count)
    return path


def turn(degrees: float) -> torch.Tensor:
    """(4,4) about the camera's y."""
    return rigid((0, math.radians(degrees), 0), (0, 0, 0))


def similar(path: torch.Tensor, scale: float, rotation: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    moved = path.clone()
    moved[:, :3, :3] = rotation @ path[:, :3, :3]
    moved[:, :3, 3] = scale * path[:, :3, 3] @ rotation.T + shift
    return moved


def test_a_path_is_where_the_camera_was():
    motions = random_motions(6, 0)
    path = path_of(motions.float())
    torch.testing.assert_close(path[0], torch.eye(4, dtype=torch.float64))
    for k in range(6):
        torch.testing.assert_close(torch.linalg.inv(path[k + 1]) @ path[k], motions[k], rtol=1e-5, atol=1e-6)


def test_a_camera_that_turns_right_and_goes_on_ends_on_the_right():
    ahead = straight(2)[1].inverse()
    path = path_of(torch.stack([ahead, turn(-90), ahead]))
    torch.testing.assert_close(path[:, :3, 3], torch.tensor([[0, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 1.0]]).double())


def test_umeyama_undoes_a_similarity():
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(1)).double()
    rotation, shift = turn(40)[:3, :3], torch.tensor([1.0, 2, 3]).double()
    scale, found, moved = umeyama(points, 2.5 * points @ rotation.T + shift, with_scale=True)
    assert float(scale) == pytest.approx(2.5)
    torch.testing.assert_close(found, rotation)
    torch.testing.assert_close(moved, shift)


def test_umeyama_never_mirrors():
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(2)).double()
    _, rotation, _ = umeyama(points, points * torch.tensor([-1.0, 1, 1]).double(), with_scale=True)
    assert float(torch.linalg.det(rotation)) == pytest.approx(1)


def test_each_alignment_takes_out_what_it_names():
    truth = path_of(random_motions(30, 3))
    rotation, shift = turn(30)[:3, :3], torch.tensor([1.0, 2, 3]).double()
    none, identity = torch.zeros(3).double(), torch.eye(3).double()
    cases = {
        "scale": similar(truth, 0.2, identity, none),
        "6dof": similar(truth, 1, rotation, shift),
        "7dof": similar(truth, 0.2, rotation, shift),
    }
    for name, predicted in cases.items():
        assert float(absolute_error(truth, align(truth, predicted, "none"))) > 1
        torch.testing.assert_close(align(truth, predicted, name), truth)
    assert float(absolute_error(truth, align(truth, cases["7dof"], "6dof"))) > 1
    assert float(absolute_error(truth, align(truth, cases["7dof"], "scale"))) > 1


def test_absolute_error_by_hand():
    truth, predicted = straight(4), straight(4)
    predicted[3, 0, 3] = 6.0
    assert float(absolute_error(truth, predicted)) == pytest.approx(3)  # sqrt(36 / 4)


def published_snippets(truth, predicted, length):
    """Written again from the program of the published tables, in NumPy."""

    def positions(motions):
        pose, found = np.eye(4), [np.zeros(3)]
        for motion in motions:
            pose = np.dot(pose, motion)
            found.append(pose[:3, 3])
        return np.array(found)

    errors = []
    for start in range(len(truth)):
        a, b = (positions(m.numpy()[start : start + length - 1]) for m in (truth, predicted))
        b = b + (a[0] - b[0])
        factor = np.sum(a * b) / np.sum(b**2)
        errors.append(np.sqrt(np.sum((b * factor - a) ** 2)) / a.shape[0])
    return errors


@pytest.mark.parametrize("length", [2, 3, 5])
def test_snippets_as_published(length):
    truth, predicted = random_motions(9, 4), random_motions(9, 5)
    found = snippet_errors(truth, predicted, length)
    assert found.tolist() == pytest.approx(published_snippets(truth, predicted, length))


def test_a_snippet_by_hand():
    """Truth straight ahead; the prediction goes as far to the side as ahead, so the scale is 1/2."""
    truth = straight(2)[1].inverse().repeat(4, 1, 1)
    predicted = truth.clone()
    predicted[:, 0, 3] = 1
    # Positions 1 to 4 m: sum of squares 30, of which half is left; five frames.
    assert float(snippet_errors(truth, predicted)[0]) == pytest.approx(math.sqrt(15) / 5)


def test_a_prediction_that_stands_still():
    truth = straight(2)[1].inverse().repeat(4, 1, 1)
    still = torch.eye(4, dtype=torch.float64).repeat(4, 1, 1)
    assert float(snippet_errors(truth, still)[0]) == pytest.approx(math.sqrt(30) / 5)
    assert snippet_errors(still, still).tolist() == [0, 0, 0, 0]
    assert torch.isfinite(align(path_of(truth), path_of(still), "7dof")).all()


def test_steps_by_hand():
    truth, predicted = straight(5, 1.0), straight(5, 1.25)
    for k in range(5):
        predicted[k, :3, :3] = turn(2 * k)[:3, :3]
    translation, rotation = step_errors(truth, truth)
    assert float(translation.max()) == float(rotation.max()) == 0
    translation, rotation = step_errors(truth, straight(5, 1.25))
    assert translation.tolist() == pytest.approx([0.25] * 4)
    _, rotation = step_errors(truth, predicted)
    assert rotation.tolist() == pytest.approx([2] * 4)
    _, rotation = step_errors(truth, predicted, step=3)
    assert rotation.tolist() == pytest.approx([6] * 2)


def test_tiny_and_half_turns():
    truth, predicted = straight(2), straight(2)
    for degrees in (1e-7, 90.0, 180.0):
        predicted[1, :3, :3] = turn(degrees)[:3, :3]
        assert float(step_errors(truth, predicted)[1][0]) == pytest.approx(degrees, rel=1e-4)


def test_segments_by_hand():
    """1000 m straight on, 5% too long, with a steady turn of 1 degree in 100 m that moves no position."""
    truth, predicted = straight(1001), straight(1001, 1.05)
    found = segment_errors(truth, predicted)
    # A segment of 100 m ends at the first frame beyond, after 101 m: 5.05% of its length.
    parts = [(length, [s for s in range(0, 1001, 10) if s + length + 1 <= 1000]) for length in range(100, 801, 100)]
    expected = [5 * (length + 1) / length for length, starts in parts for _ in starts]
    assert found.segments == len(expected)
    assert float(found.translation) == pytest.approx(np.mean(expected))
    assert float(found.rotation) == 0
    turned = straight(1001)
    for k in range(1001):
        turned[k, :3, :3] = turn(k / 100)[:3, :3]
    expected = [(length + 1) / length for length, starts in parts for _ in starts]
    assert float(segment_errors(truth, turned).rotation) == pytest.approx(np.mean(expected))


def test_a_path_too_short_for_segments():
    found = segment_errors(straight(50), straight(50))
    assert found.segments == 0
    assert math.isnan(float(found.translation))


def test_wrong_shapes_and_names():
    with pytest.raises(InputError, match=r"one length, got \(3, 4, 4\) and \(4, 4, 4\)"):
        absolute_error(straight(3), straight(4))
    with pytest.raises(InputError, match=r"motions must be \(n,4,4\) with n > 0"):
        path_of(torch.zeros(3, 4))
    with pytest.raises(InputError, match="did you mean '7dof'"):
        align(straight(3), straight(3), "7dofs")  # pyright: ignore[reportArgumentType]
    assert set(PATH_ALIGNMENTS) == {"none", "scale", "6dof", "7dof"}

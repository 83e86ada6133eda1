"""What is told of single numbers: just within and just beyond what ordinary, and what possible, data have."""

import numpy as np
import pytest

from gradunc.data.inspection.camera import intrinsics_findings
from gradunc.data.inspection.finding import Finding
from gradunc.data.inspection.images import constant_findings
from gradunc.data.inspection.planes import Votes
from gradunc.data.inspection.policy import check_policy, refused
from gradunc.data.inspection.sources import copy_findings, step_findings
from gradunc.data.inspection.stereo import baseline_findings
from gradunc.data.inspection.truth import coverage_findings, inverse_findings, unknown_findings
from gradunc.errors import InputError


def severity(found: list[Finding]) -> str:
    """Nothing, "unlikely" or "impossible"."""
    assert len(found) <= 1, found
    return "" if not found else "impossible" if found[0].impossible else "unlikely"


def camera(focal: float = 100, x: float = 0.5, y: float = 0.5) -> np.ndarray:
    """Of an image of 100x200 pixels: fx = fy and the place of the principal point as share of the sides."""
    return np.array([[focal, 0, 200 * x - 0.5], [0, focal, 100 * y - 0.5], [0, 0, 1]])


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [(2, "impossible"), (6, "unlikely"), (16, ""), (90, ""), (129, ""), (140, "unlikely"), (172, "impossible")],
)
def test_the_field_of_view(degrees, expected):
    focal = 100 / np.tan(np.radians(degrees / 2))
    assert severity(intrinsics_findings(camera(focal), (100, 200))) == expected


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.4, 0.46, ""),
        (0.5, 0.15, ""),  # View of Delft, without its sky
        (0.25, 0.5, "unlikely"),
        (0.95, 0.5, "impossible"),
        (0.5, 0.05, "unlikely"),
        (0.5, 1.1, "impossible"),
    ],
)
def test_the_principal_point(x, y, expected):
    assert severity(intrinsics_findings(camera(x=x, y=y), (100, 200))) == expected


@pytest.mark.parametrize("scale", [256, 1000, 5000])
def test_the_largest_number_of_16_bits(scale):
    stored = np.random.default_rng(0).integers(1, 60000, 10_000)
    assert unknown_findings([(stored / scale).astype(np.float32)]) == []
    few, many = stored.copy(), stored.copy()
    few[:5], many[:200] = 65535, 65535
    assert unknown_findings([(few / scale).astype(np.float32)]) == []
    (found,) = unknown_findings([(one / scale).astype(np.float32) for one in (stored, many)])
    assert found.impossible
    assert found.text.startswith(f"1.0% of the known depth is exactly {65535 / scale:.5g} m")
    assert f"65535 / {scale}" in found.text
    assert unknown_findings([np.zeros(0, np.float32)]) == []


def test_how_much_is_known():
    assert severity(coverage_findings([0.003, 0.0035])) == ""  # 32 laser beams of nuScenes
    assert severity(coverage_findings([0.0002, 0.5, 0.0001])) == "unlikely"
    assert severity(coverage_findings([0.0, 0.0])) == "impossible"
    assert severity(coverage_findings([0.0, 0.0, 0.4])) == "unlikely"
    assert coverage_findings([]) == []


@pytest.mark.parametrize(
    ("votes", "told"), [((0, 4), False), ((0, 5), True), ((2, 5), False), ((2, 6), True), ((50, 3), False)]
)
def test_votes_for_inverse_depth(votes, told):
    assert bool(inverse_findings([Votes(*votes)])) == told
    assert bool(inverse_findings([Votes(votes[0], 0), Votes(0, votes[1])])) == told


def test_baselines():
    assert [severity(baseline_findings([length])) for length in (0, 0.0005, 0.12, 0.54, 120)] == [
        "impossible",
        "unlikely",
        "",
        "",
        "unlikely",
    ]
    assert "probably in millimetres (0.12 m)" in baseline_findings([120.0])[0].text
    assert baseline_findings([]) == []


def test_steps():
    far, near = np.eye(4), np.eye(4)
    far[2, 3], near[2, 3] = 900, 0.9
    assert "900 m long; poses need metres" in step_findings(1, [far, far, near])[0].text
    assert step_findings(1, [near]) == step_findings(1, []) == []
    assert "zero in all samples" in step_findings(-1, [np.eye(4), np.eye(4)])[0].text
    assert step_findings(-1, [np.eye(4), near]) == []


def test_copies_and_empty_images():
    assert severity(copy_findings("s", [True, True])) == "impossible"
    assert "left and right are the same image" in copy_findings("s", [True])[0].text
    assert copy_findings(1, [True, False]) == copy_findings(1, []) == []
    assert severity(constant_findings([0.0, 0.0])) == "impossible"
    assert severity(constant_findings([0.0, 0.2])) == "unlikely"
    assert severity(constant_findings([0.0, 0.2, 0.2])) == ""
    assert severity(constant_findings([0.01, 0.01])) == ""  # fog


def test_the_policy():
    found = [Finding("unlikely"), Finding("impossible", True)]
    assert refused(found, "stop") == found[1:]
    assert refused(found, "warn") == []
    check_policy("stop")
    with pytest.raises(InputError, match=r"unknown data\.on_implausible 'wran'; did you mean 'warn'"):
        check_policy("wran")

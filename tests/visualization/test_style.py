"""Lines of the figures can be told apart with every kind of eye, and in print without colours."""

from itertools import combinations

import numpy as np
import pytest

from gradunc.visualization.style import LINES

EYES = {
    "all three cones": np.eye(3),
    # Machado, Oliveira and Fernandes 2009, table 1, severity 1.
    "no long cone": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no medium cone": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ @ np.ones(3)


def seen(color: str, eye: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour as an eye sees it."""
    stored = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)
    part = TO_XYZ @ np.clip(eye @ linear, 0, 1) / WHITE
    x, y, z = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: str, other: str, eye: np.ndarray) -> float:
    """CIE 1976; 2.3 is just noticeable."""
    return float(np.linalg.norm(seen(one, eye) - seen(other, eye)))


@pytest.mark.parametrize("eye", EYES)
def test_colours_of_lines(eye):
    for one, other in combinations(LINES, 2):
        assert distance(one.color, other.color, EYES[eye]) > 10, (one, other)


@pytest.mark.parametrize(("eye", "other"), [("no long cone", "#ff7f0e"), ("no medium cone", "#d62728")])
def test_the_colours_of_matplotlib_fail(eye, other):
    green = "#2ca02c"
    assert distance(green, other, EYES["all three cones"]) > 80
    assert distance(green, other, EYES[eye]) < 10


def test_dashes_of_lines():
    assert len({line.dashes for line in LINES}) == len(LINES)

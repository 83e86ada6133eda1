"""The first screen of the README, and its tables."""

import re

import pytest

from tests.docs.pages import ROOT, prose

README = ROOT / "README.md"
SCREEN = 25
"""Lines that a reader sees without scrolling."""
FIGURE = re.compile(r"\**[+-]?\d+(\.\d+)?%?\**")
BEGINS_AS_FIGURE = re.compile(r"\**[+-]?\d")


def test_the_first_screen_shows_what_goes_in_the_line_and_what_comes_out():
    screen = "\n".join(README.read_text().splitlines()[:SCREEN])
    assert "GradientUncertainty(network).estimate(images)" in screen
    assert "python infer.py predict" in screen
    assert "python train.py data=folder" in screen
    assert "docs/images/demo_panel.png" in screen


def test_it_is_short():
    assert len(README.read_text().splitlines()) <= 160


def test_words_are_explained_before_they_are_used():
    """What AUSE and AURG are stands in front of the table that has them."""
    text = README.read_text()
    table = text.index("| AUSE")
    for word in ("AUSE measures", "AURG measures"):
        assert text.index(word) < table


@pytest.mark.parametrize("word", ["trivial", "coarse", "ambiguity", "division", "MODEL"])
def test_words_that_confuse_stand_in_the_glossary_instead(word: str):
    assert word not in README.read_text()
    assert word in (ROOT / "docs" / "glossary.md").read_text()


def test_a_cell_of_a_table_holds_one_figure():
    cells = [cell.strip() for line in prose(README).splitlines() if line.startswith("|") for cell in line.split("|")]
    figures = [cell for cell in cells if BEGINS_AS_FIGURE.match(cell)]
    assert len(figures) > 20
    assert not [cell for cell in figures if not FIGURE.fullmatch(cell)]

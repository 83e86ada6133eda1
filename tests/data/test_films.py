"""Films of many pictures, read to their end or not, in every place that opens films: each answers."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.film_places import PLACES
from tests.data.videos import write_film
from tests.helpers import REPOSITORY

ROUNDS = 50
HANGS = 15
"""Seconds after which fifty films that stop early count as waiting for ever; they take 0.5 s when nothing waits."""

LONGEST = 600
"""The same for work that takes long in itself."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "walk.mp4")


def read(place: str, film: Path, seconds: float, *more: str) -> None:
    """Read the film in a process of its own, which is killed in the end: a deadlock holds the whole process."""
    command = [sys.executable, "-m", "tests.data.film_places", place, str(film), str(ROUNDS), *more]
    subprocess.run(command, cwd=REPOSITORY, timeout=seconds, check=True, capture_output=True)


@pytest.mark.parametrize("place", [pytest.param(one, marks=pytest.mark.slow) for one in PLACES if one != "stopped"])
def test_no_place_waits_for_ever(film, place):
    read(place, film, LONGEST)


def test_films_that_stop_early_do_not_wait_for_ever(film):
    read("stopped", film, LONGEST)


@pytest.mark.slow
def test_without_the_cure_they_do(film):
    with pytest.raises(subprocess.TimeoutExpired):
        read("stopped", film, HANGS, "uncured")

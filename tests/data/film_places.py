"""Every place that opens films, for a process of its own: python -m tests.data.film_places PLACE FILM ROUNDS.

FFmpeg's threads log through Python once somebody has called `av.logging.set_level`, as this does. They then wait for
the thread that runs Python, and that one, which closes a film, waits for them. With `uncured` as a fourth argument,
the films are opened without the cure, and in threads of frames, of which there are more.
"""

import contextlib
import io
import multiprocessing
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import av


def plant() -> None:
    """Have FFmpeg log through Python, as PyAV's own manual says."""
    av.logging.set_level(av.logging.VERBOSE)


def stopped(film: Path, rounds: int) -> None:
    """The first pictures, and no more."""
    from gradunc.data.formats.video import Video

    for i in range(rounds):
        plant()
        assert len(list(islice(Video(film).pictures(), 1 + i % 2))) == 1 + i % 2


def whole(film: Path, rounds: int) -> None:
    """All pictures."""
    from gradunc.data.formats.video import Video

    for _ in range(rounds):
        plant()
        assert len([picture.gray(64) for picture in Video(film).pictures()]) == 60


def inputs(film: Path, rounds: int) -> None:
    """`source=` of the commands, from the first picture to some of them."""
    from gradunc.data.inputs import open_images

    for i in range(rounds):
        plant()
        assert len([image.read() for image in open_images(film, every=1 + i % 3, limit=2)]) == 2


def workers(film: Path, rounds: int) -> None:
    """Loading processes that begin with a new interpreter."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(stopped, [(film, rounds)] * 2, chunksize=1)


def extraction(film: Path, rounds: int) -> None:
    """data=video, into a new cache every time."""
    from gradunc.data.sets.video.extraction import extract
    from gradunc.data.sets.video.settings import VideoSettings

    for _ in range(rounds):
        plant()
        with tempfile.TemporaryDirectory() as cache:
            assert extract(film, Path(cache), VideoSettings(), progress=False).sequences


def check(film: Path, rounds: int) -> None:
    """python -m gradunc.tools.check data=video; one round takes some seconds, so there are fewer."""
    from gradunc.tools.check.command import main

    options = ["data=video", f"data.root={film}", "data.video.hfov=65", "samples=1", "drawn=1", "model.size=[32,64]"]
    for _ in range(max(1, rounds // 10)):
        plant()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            assert main([*options, f"data.cache={folder}/cache", f"output={folder}/check.png"]) == 0


PLACES: dict[str, Callable[[Path, int], None]] = {
    "stopped": stopped,
    "whole": whole,
    "inputs": inputs,
    "workers": workers,
    "extraction": extraction,
    "check": check,
}

if __name__ == "__main__":
    _, place, path, count, *more = sys.argv
    if more:
        from gradunc.data.formats import video

        video.THREADS = "AUTO"
        av.logging.set_libav_level = av.logging.restore_default_callback = lambda *_: None
    PLACES[place](Path(path), int(count))

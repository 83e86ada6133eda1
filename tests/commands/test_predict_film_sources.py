"""`infer.py predict` of films that share a name: nothing of one is replaced by another unasked."""

import shutil
from pathlib import Path

import numpy as np

from gradunc.commands.origin import Origin
from tests.commands.predict_files import of
from tests.data.videos import pan, write_video
from tests.helpers import assert_one_error, files_in, write_images

FAST = ("uncertainty=none", "output=out", "write=maps")


def film(path: Path, step: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, pan([0, step, 2 * step]))


def everything() -> dict[str, bytes]:
    return {name: Path("out", name).read_bytes() for name in files_in(Path("out"))}


def test_two_films_whose_names_differ_by_their_suffix(predict, tmp_path):
    first, second = film(tmp_path / "walk.mkv"), film(tmp_path / "walk.avi", 5)
    assert predict(f"source={first}", "film=true", *FAST).code == 0
    before = everything()
    outcome = predict(f"source={second}", "film=true", *FAST)
    assert_one_error(outcome, "'out/walk.film.mp4' is the film of another source; set film=NAME.mp4 or output=DIR, or")
    assert everything() == before, "refused before anything is predicted"
    assert predict(f"source={second}", "film=other.mp4", *FAST).code == 0
    for name in ("walk.film.mp4", "walk.mkv/000002.depth.npy"):
        assert Path("out", name).read_bytes() == before[name]
    assert "film: 3 pictures" in predict(f"source={second}", "film=true", "overwrite=true", *FAST).err
    assert_one_error(predict(f"source={first}", "film=true", *FAST), "is the film of another source")


def test_two_films_of_one_name(predict, tmp_path):
    first, second = film(tmp_path / "a" / "cam.mkv"), film(tmp_path / "b" / "cam.mkv", 5)
    assert predict(f"source={first}", *FAST).code == 0
    before = everything()
    for more in (["write=maps"], ["write=panels"], ["film=b.mp4"]):
        outcome = predict(f"source={second}", *FAST, *more)
        assert_one_error(outcome, "the results in 'out/cam.mkv' are those of another film of that name; set output=DIR")
        assert everything() == before
    assert predict(f"source={second}", *FAST, "overwrite=true").code == 0
    name = "cam.mkv/000002.depth.npy"
    assert Path("out", name).read_bytes() != before[name]
    assert_one_error(predict(f"source={first}", *FAST), "are those of another film of that name")


def test_a_film_that_was_moved_is_the_same(predict, tmp_path):
    first = film(tmp_path / "a" / "cam.mkv")
    assert predict(f"source={first}", "film=true", *FAST).code == 0
    before = everything()
    (tmp_path / "b").mkdir()
    outcome = predict(f"source={shutil.move(first, tmp_path / 'b')}", "film=true", *FAST)
    assert "kept 3 of 3" in outcome.err
    assert "kept the film out/cam.film.mp4" in outcome.err
    assert everything() == before
    assert not any(str(tmp_path).encode() in content for content in before.values() if content[:1] != b"{")
    assert str(tmp_path).encode() not in before["cam.film.mp4"] + before["cam.mkv/000000.made.json"]


def test_a_film_that_was_changed_where_it_lies_is_made_anew(predict, tmp_path):
    source = film(tmp_path / "cam.mkv")
    assert predict(f"source={source}", "film=true", *FAST).code == 0
    before = np.load("out/cam.mkv/000002.depth.npy")
    film(source, 5)
    outcome = predict(f"source={source}", "film=true", *FAST)
    assert outcome.code == 0, outcome.err
    assert "film: 3 pictures" in outcome.err
    assert not np.array_equal(np.load("out/cam.mkv/000002.depth.npy"), before)
    assert files_in(Path("out/cam.mkv")) == set().union(
        *(of(f"00000{i}", ".depth.npy", ".made.json") for i in range(3))
    )


def test_films_of_two_folders_of_one_name(predict, tmp_path):
    for place in "ab":
        write_images(tmp_path / place / "in", [(48, 64)] * 2)
    assert predict(tmp_path / "a" / "in", "film=true", *FAST).code == 0
    assert_one_error(predict(tmp_path / "b" / "in", "film=true", *FAST), "'out/in.film.mp4' is the film of another")


def test_a_film_that_says_no_origin_may_be_of_any() -> None:
    origin, other = Origin("a" * 64, "b" * 64), Origin("c" * 64)
    assert origin.may_have_made("gradunc film 0123")
    assert origin.may_have_made("gradunc film live")
    assert origin.may_have_made(f"gradunc film 0123 {origin}")
    assert origin.may_have_made(f"gradunc film 0123 {'c' * 64} {'b' * 64}"), "moved"
    assert not origin.may_have_made(f"gradunc film 0123 {other}")
    assert not other.may_have_made(f"gradunc film 0123 {'d' * 64} -"), "nothing known is nothing in common"

"""Files like data that nothing uses, by folder or by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gradunc.data.recorded.unused import unused_files


def touch(root: Path, *names: str) -> list[Path]:
    paths = [root / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def lines(root: Path, used: Sequence[Path], **options: Any) -> list[tuple[str, ...]]:
    return [note.places for note in unused_files(root, used, "reads this", **options)]


def test_folders_and_single_files(tmp_path):
    used = touch(tmp_path, "a/images/0.png", "a/images/1.png")
    touch(tmp_path, "a/images/2.tif", "a/images/notes.txt", "a/.hidden/0.png", "b/rgb/0.png", "b/rgb/1.JPG", "c/0.npy")
    first, second = unused_files(tmp_path, used, "reads this")
    assert first.text == "folders with files like data are not used (reads this)"
    assert first.places == ("b/rgb/ with 2 files", "c/ with 1 file")
    assert second.text == "files like data are not used, unlike those beside them (reads this)"
    assert second.places == ("a/images/2.tif",)


def test_nothing_is_left(tmp_path):
    used = touch(tmp_path, "0.png", "sub/1.png")
    touch(tmp_path, "readme.md", "calib.txt", "poses.txt", "list.json")
    assert lines(tmp_path, used) == []
    # A list may lead to a file by a detour.
    assert lines(tmp_path, [tmp_path / "0.png", tmp_path / "list" / ".." / "sub" / "1.png"]) == []


def test_the_present_folder(tmp_path, monkeypatch):
    """Relative or absolute, as lists may name files."""
    used = touch(tmp_path, "0.png", "sub/1.png")
    touch(tmp_path, "2.png")
    monkeypatch.chdir(tmp_path)
    for files in (used, [Path("0.png"), Path("sub/1.png")]):
        assert lines(Path(), files) == [("2.png",)]
    assert lines(Path(), [Path("no.png")]) == [("sub/ with 1 file",), ("0.png", "2.png")]


def test_what_belongs_to_a_layout_and_the_cache_are_ignored(tmp_path):
    used = touch(tmp_path, "scene/im0.png")
    touch(tmp_path, "scene/im1E.png", "scene/im2.png", "cache/frames/0.png")
    assert lines(tmp_path, used, ignored=["im1[EL].*"], cache=tmp_path / "cache") == [("scene/im2.png",)]


def test_only_some_folders(tmp_path):
    used = touch(tmp_path, "s/09/image_2/000000.png")
    touch(tmp_path, "s/09/image_2/a.png", "s/10/image_2/b.png")
    assert lines(tmp_path, used, within=[tmp_path / "s/09/image_2"]) == [("s/09/image_2/a.png",)]


def test_links_that_lead_back_end(tmp_path):
    touch(tmp_path, "a/0.png")
    try:
        (tmp_path / "a" / "again").symlink_to(tmp_path)
    except OSError:
        pytest.skip("this system makes no links")
    assert lines(tmp_path, []) == [("a/ with 1 file",)]

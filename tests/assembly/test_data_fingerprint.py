"""What tells data from other data, wherever they lie."""

from pathlib import Path
from typing import Any

import pytest

from gradunc.assembly.data_fingerprint import data_input
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.mixture import Mixture
from gradunc.data.recorded.frames import Frame, FrameDataset, ImageFile
from gradunc.data.settings import DataSettings


def recorded(*names: str) -> FrameDataset:
    return FrameDataset([Frame(ImageFile(Path(name)), "") for name in names], (32, 64))


def facts(settings: DataSettings, data: Any) -> dict[str, Any]:
    return dict(data_input(settings, DepthData(lambda split: data)).facts)


def fingerprint(root: str, *names: str, **options: float) -> str:
    settings = DataSettings(name="folder", root=root)
    for name, value in options.items():
        setattr(settings.folder, name, value)
    return facts(settings, recorded(*names))["fingerprint"]


def test_names_and_options_count_and_the_place_does_not():
    first = fingerprint("/a", "/a/images/0.png", "/a/images/1.png")
    assert fingerprint("/b", "/b/images/0.png", "/b/images/1.png") == first
    assert fingerprint("/a", "/a/images/0.png", "/a/images/2.png") != first
    assert fingerprint("/a", "/a/images/0.png", "/a/images/1.png", depth_scale=3.0) != first


def test_what_is_told_beside_it():
    found = facts(DataSettings(name="folder", root="/a"), recorded("/a/0.png", "/a/1.png"))
    assert {name: found[name] for name in ("train", "val", "test", "root")} == {
        "train": 2,
        "val": 2,
        "test": 2,
        "root": "/a",
    }


@pytest.mark.parametrize(("root", "name"), [("~/walk", "{home}/walk/0.png"), ("./walk/", "walk/0.png")])
def test_the_place_in_other_words(root: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fingerprint(root, name.format(home=tmp_path)) == fingerprint("/a", "/a/0.png")


def test_pictures_in_the_cache_have_no_place_either():
    videos = [
        facts(DataSettings(name="video", root=f"{place}/walk.mp4", cache=f"{place}/cache"), recorded(picture))
        for place, picture in (("/a", "/a/cache/walk/0.jpg"), ("/b", "/b/cache/walk/0.jpg"))
    ]
    assert videos[0]["fingerprint"] == videos[1]["fingerprint"]


def mixed(place: str, second: str = "0.png", **options: Any) -> dict[str, Any]:
    parts = {"one": {"name": "folder", "root": f"{place}/x"}, "two": {"name": "folder", "root": f"{place}/y"} | options}
    data = Mixture({"one": recorded(f"{place}/x/0.png"), "two": recorded(f"{place}/y/{second}")})
    return facts(DataSettings(name="mixture", mixture=parts), data)


def test_the_parts_of_a_mixture():
    first = mixed("/a")
    assert first["root"] == {"one": "/a/x", "two": "/a/y"}
    assert mixed("/b")["fingerprint"] == first["fingerprint"]
    others = [mixed("/a", "1.png"), mixed("/a", weight=2), mixed("/a", folder={"depth_scale": 3.0})]
    assert len({first["fingerprint"], *(other["fingerprint"] for other in others)}) == 4

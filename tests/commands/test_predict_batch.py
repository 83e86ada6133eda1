"""`infer.py predict batch=`, `write=` and what is said of the speed."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

import gradunc.commands.network_at_work as made
from gradunc.commands.speed import Speed
from gradunc.uncertainty import GradientUncertainty
from tests.commands.predict_files import RUN_FILES, of
from tests.helpers import assert_one_error, files_in, write_images

SIZES = [(48, 64), (48, 64), (48, 64), (50, 60), (48, 64), (48, 64)]


def maps_in(folder: Path) -> dict[str, np.ndarray]:
    return {name: np.load(folder / name) for name in files_in(folder) if name.endswith(".npy")}


@pytest.mark.parametrize(("more", "tolerance"), [([], 1e-5), (["uncertainty.gradient.reference=noise"], 1e-4)])
def test_a_batch_gives_what_its_images_give(predict, tmp_path, more, tolerance):
    """The loss is summed over images, and random numbers belong to an image: nothing depends on the others.

    A weight that is the difference of two depths that are nearly the same keeps fewer digits.
    """
    write_images(tmp_path / "in", SIZES[:2] if more else SIZES)
    common = tmp_path / "in", "write=maps", *more
    assert predict(*common, "output=one").code == 0
    assert predict(*common, "output=many", "batch=3").code == 0
    one, many = maps_in(Path("one")), maps_in(Path("many"))
    assert one.keys() == many.keys()
    for name, values in one.items():
        np.testing.assert_allclose(many[name], values, rtol=tolerance, atol=tolerance * np.nanmax(values), err_msg=name)
    assert files_in(Path("one")) == files_in(Path("many"))
    summaries = [json.loads(Path(folder, "summary.json").read_text()) for folder in ("one", "many")]
    assert summaries[0] == summaries[1], "the order of the images, too"


def test_backward_passes_take_the_batch_at_once(predict, tmp_path, monkeypatch):
    seen, estimate = [], GradientUncertainty.estimate

    def noted(self, image, **inputs):
        seen.append((len(image), self.chunk))
        return estimate(self, image, **inputs)

    monkeypatch.setattr(GradientUncertainty, "estimate", noted)
    write_images(tmp_path / "in", SIZES)
    assert predict(tmp_path / "in", "batch=2", "write=maps").code == 0
    assert seen == [(2, 2), (1, 2), (1, 2), (2, 2)], "of one size only, and in order"


def test_an_image_that_fails_fails_alone(predict, tmp_path, monkeypatch):
    """One cannot be read, one is nowhere finite, and one breaks the batch as a whole."""
    write_images(tmp_path / "in", [(48, 64)] * 5)
    (tmp_path / "in" / "1.png").write_bytes(b"none")
    batch, calls = made.maps_of_batch, []

    def broken(images, *rest):
        if calls:
            raise RuntimeError("out of memory")
        calls.append(1)
        first, *others = batch(images, *rest)
        return [first._replace(depth=first.depth * np.nan), *others]

    monkeypatch.setattr(made, "maps_of_batch", broken)
    with pytest.warns(UserWarning, match="a batch of 2 failed; images are predicted one by one: out of memory"):
        outcome = predict(tmp_path / "in", "batch=2", "uncertainty=none", "output=out")
    assert outcome.code == 1
    summary = json.loads(Path("out/summary.json").read_text())
    assert summary["images"] == ["2.png", "3.png", "4.png"]
    assert [one["image"] for one in summary["failed"]] == ["1.png", "0.png"]
    assert "nowhere finite" in outcome.err


def test_kept_results_keep_their_place(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 4)
    arguments = tmp_path / "in", "batch=3", "uncertainty=none", "output=out"
    assert predict(*arguments).code == 0
    before = Path("out/summary.json").read_bytes()
    for name in ("0.png.panel.png", "2.png.depth.npy"):
        Path("out", name).unlink()
    assert "kept 2 of 4 results" in predict(*arguments).err
    assert Path("out/summary.json").read_bytes() == before


def test_maps_without_panels(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 2)
    arguments = tmp_path / "in", "uncertainty=none", "output=out"
    assert predict(*arguments, "write=maps").code == 0
    maps = {name: of(name, ".depth.npy", ".made.json") for name in ("0.png", "1.png")}
    assert files_in(Path("out")) == set().union(RUN_FILES, *maps.values())
    assert "kept 2 of 2" in predict(*arguments, "write=maps").err
    assert "kept" not in predict(*arguments).err, "panels are asked for, and are not there"
    panels = {name: of(name, ".depth.npy", ".panel.png") for name in ("0.png", "1.png")}
    assert files_in(Path("out")) == set().union(RUN_FILES, *panels.values()), "one or the other stands for the maps"
    outcome = predict(*arguments, "write=maps", "size=32x64")
    assert outcome.code == 2
    assert "were made with size=[64, 96]" in outcome.err


def test_panels_stay_where_maps_are_asked_for(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 2)
    arguments = tmp_path / "in", "uncertainty=none", "output=out"
    assert predict(*arguments).code == 0
    before = {
        name: Path("out", name).stat().st_mtime_ns for name in files_in(Path("out")) if name.startswith(("0", "1"))
    }
    Path("out/1.png.depth.npy").unlink()
    assert "kept 1 of 2" in predict(*arguments, "write=maps").err
    names = of("0.png", ".depth.npy", ".panel.png") | of("1.png", ".depth.npy", ".made.json")
    assert files_in(Path("out")) == RUN_FILES | names, "no panel beside maps that it does not show"
    for name in of("0.png", ".depth.npy", ".panel.png"):
        assert Path("out", name).stat().st_mtime_ns == before[name]
    assert "kept 2 of 2" in predict(*arguments, "write=maps").err


def test_panels_of_other_settings_do_not_stand_for_maps(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)])
    arguments = tmp_path / "in", "uncertainty=none", "output=out"
    assert predict(*arguments).code == 0
    assert_one_error(predict(*arguments, "write=maps", "size=32x64"), "were made with size=[64, 96]")
    assert predict(*arguments, "write=maps", "size=32x64", "overwrite=true").code == 0
    assert files_in(Path("out")) == RUN_FILES | of("0.png", ".depth.npy", ".made.json")


def test_speed_is_that_of_all_but_the_first(monkeypatch):
    now = iter([0.0, *(10.0, 15.0, 20.0), *(20.5, 21.0, 22.0), 30.0, *(30.5, 31.0, 32.0)])
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    speed = Speed()
    for count in (1, 4):
        with speed.network(count):
            pass
        speed.lap(count)
    speed.skip()  # 8 s of kept results
    with speed.network(2):
        pass
    speed.lap(2)
    assert speed.rate("network") == 6 / 1.0
    assert speed.rate("whole") == 6 / 4.0
    assert speed.line() == (
        "speed: 1.5 images/s with reading, drawing and writing; network and uncertainty alone 6 images/s "
        "(without the first)"
    )


def test_no_speed_of_one_image(predict, tmp_path):
    write_images(tmp_path / "in")
    assert "speed" not in predict(tmp_path / "in", "uncertainty=none").err

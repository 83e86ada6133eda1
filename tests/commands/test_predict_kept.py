"""`infer.py predict` typed again: it keeps what is right, and makes the rest as an unbroken call would."""

import fcntl
import os
import shutil
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gradunc.commands.infer import main
from gradunc.models import export_model
from gradunc.uncertainty.empirical.manifest import ENSEMBLE, write_manifest
from tests.commands.conftest import QUIET
from tests.commands.predict_files import RUN_FILES, of
from tests.helpers import assert_one_error, files_in, tiny_model, write_images

pytestmark = pytest.mark.slow

SIZES = [(48, 64), (50, 60)]


class Killed(BaseException):
    """Ends a call between two of its steps, as a signal does."""


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def times(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in files_in(folder) if name.endswith((".npy", ".png"))}


@pytest.fixture
def images(tmp_path):
    return [tmp_path / "in", write_images(tmp_path / "in", SIZES)][0]


@pytest.fixture(scope="module")
def whole(export, tmp_path_factory):
    """The results of an unbroken call."""
    folder = tmp_path_factory.mktemp("whole")
    write_images(folder / "in", SIZES)
    arguments = f"checkpoint={export}", f"{folder / 'in'}", f"output={folder / 'out'}"
    assert main(["predict", *arguments, *QUIET["predict"]]) == 0
    return contents(folder / "out")


def test_nothing_is_made_twice(predict, images, tmp_path):
    arguments = images, f"output={tmp_path / 'out'}"
    assert "kept" not in predict(*arguments).err
    before, content = times(tmp_path / "out"), contents(tmp_path / "out")
    again = predict(*arguments)
    assert again.code == 0
    assert f"kept 2 of 2 results in {tmp_path / 'out'}, which the same network and settings made; overwrite=true" in (
        again.err
    )
    assert times(tmp_path / "out") == before
    assert contents(tmp_path / "out") == content, "the summary is that of an unbroken call, too"
    assert predict(*arguments, "overwrite=true").code == 0
    assert all(time > before[name] for name, time in times(tmp_path / "out").items())
    assert contents(tmp_path / "out") == content


@contextmanager
def killed_after(renamed, monkeypatch):
    """Only so many files get their names."""
    replace, count = os.replace, []

    def stop(*paths):
        if len(count) == renamed:
            raise Killed
        count.append(1)
        replace(*paths)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", stop)
        yield


@pytest.mark.parametrize("renamed", [0, 1, 2, 3, 5])
def test_a_call_that_ends_between_two_files_is_completed(predict, images, whole, tmp_path, monkeypatch, renamed):
    """Of the settings and three files of an image, the first `renamed` have got their names."""
    with pytest.raises(Killed), killed_after(renamed, monkeypatch):
        predict(images, f"output={tmp_path / 'out'}")
    assert predict(images, f"output={tmp_path / 'out'}").code == 0
    assert contents(tmp_path / "out") == whole


@pytest.mark.parametrize("renamed", [1, 2, 3])
def test_a_replacement_that_ends_between_two_files_is_completed(predict, images, whole, tmp_path, monkeypatch, renamed):
    """Results of other weights lie there, of the same names: no mixture of both is ever kept."""
    other = export_model(tiny_model(seed=1), tmp_path / "other")
    arguments = images, f"output={tmp_path / 'out'}"
    assert predict(*arguments, f"checkpoint={other}").code == 0
    with pytest.raises(Killed), killed_after(renamed, monkeypatch):
        predict(*arguments, "overwrite=true")
    assert predict(*arguments).code == 0, "it goes on replacing without being told again"
    assert contents(tmp_path / "out") == whole


def test_killed_processes(images, whole, export, tmp_path):
    """SIGKILL at other moments; what is half-written is removed by the next call."""
    out = tmp_path / "out"
    arguments = ["predict", f"checkpoint={export}", str(images), f"output={out}", *QUIET["predict"]]
    for wanted in (".settings.json", "0.png.panel.png", "1.png.panel.png"):
        pid = os.fork()
        if not pid:
            os._exit(main(arguments))
        while not (out / wanted).exists() and os.waitpid(pid, os.WNOHANG) == (0, 0):
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not {name for name in files_in(out) if name.endswith(".npy")} - set(whole)
    assert main(arguments) == 0
    assert contents(out) == whole


def test_leftovers_of_killed_calls_are_removed(predict, tmp_path):
    """In the folders that results go to, and only if no other call is at work there."""
    write_images(tmp_path / "in" / "sub")
    arguments = tmp_path / "in", f"output={tmp_path / 'out'}", "uncertainty=none"
    assert predict(*arguments).code == 0
    expected = {*RUN_FILES, *of("sub/0.png", ".depth.npy", ".panel.png")}
    for folder in ("out", "out/sub"):
        (tmp_path / folder / ".gradunc-0123456789abcdef.part").write_bytes(b"half")
    handle = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    predict(*arguments)
    assert len(files_in(tmp_path / "out") - expected) == 2, "another call may be writing them"
    os.close(handle)
    predict(*arguments)
    assert files_in(tmp_path / "out") == expected


def test_a_changed_image_is_made_again(predict, images, tmp_path):
    arguments = images, f"output={tmp_path / 'out'}", "uncertainty=none"
    predict(*arguments)
    before = times(tmp_path / "out")
    write_images(tmp_path / "other", [(40, 30)])
    os.utime(tmp_path / "other" / "0.png", (0, 0))
    shutil.copy2(tmp_path / "other" / "0.png", images / "1.png")  # older than its result
    os.utime(images / "0.png")
    assert "kept 1 of 2 results" in predict(*arguments).err
    assert {name for name, time in times(tmp_path / "out").items() if time > before[name]} == of(
        "1.png", ".depth.npy", ".panel.png"
    )
    assert np.load(tmp_path / "out" / "1.png.depth.npy").shape == (40, 30)


def test_images_of_the_same_names_are_not_taken_for_one_another(predict, tmp_path):
    write_images(tmp_path / "a", [(48, 64)])
    write_images(tmp_path / "b", [(32, 64)])
    for folder, shape in (("a", (48, 64)), ("b", (32, 64))):
        assert predict(tmp_path / folder, f"output={tmp_path / 'out'}", "uncertainty=none").code == 0
        assert np.load(tmp_path / "out" / "0.png.depth.npy").shape == shape


def test_the_network_counts_and_not_its_path(predict, images, tmp_path):
    arguments = images, f"output={tmp_path / 'out'}", "uncertainty=none"
    model = export_model(tiny_model(), tmp_path / "model")
    predict(*arguments, f"checkpoint={model}")
    moved = shutil.move(model, tmp_path / "moved")
    assert "kept 2 of 2" in predict(*arguments, f"checkpoint={moved}").err
    assert "kept 2 of 2" in predict(*arguments, f"checkpoint={moved}").err
    shutil.rmtree(tmp_path / "out")
    predict(*arguments, f"checkpoint={export_model(tiny_model(), tmp_path / 'model')}")
    export_model(tiny_model(seed=1), tmp_path / "model")
    outcome = predict(*arguments, f"checkpoint={model}")
    assert_one_error(outcome, f"were made with other weights in checkpoint={model}; set output=DIR, or overwrite=true")
    export_model(tiny_model(max_depth=50.0), tmp_path / "model")
    assert predict(*arguments, f"checkpoint={model}").code == 2, "the same weights, another depth"


def test_other_settings_are_free_for_other_images(predict, images, tmp_path):
    """Each call, typed again, still knows its own results, and does not replace those of the other silently."""
    output = f"output={tmp_path / 'out'}"
    first = images / "0.png", output, "uncertainty=none"
    second = images / "1.png", output, "uncertainty=none", "size=32x64"
    assert [predict(*arguments).code for arguments in (first, second)] == [0, 0]
    assert "kept 1 of 1" in predict(*first).err
    assert "kept 1 of 1" in predict(*second).err
    assert_one_error(predict(images, *first[1:]), "were made with size=[32, 64]; set output=DIR")
    last = predict(images, *second[1:]).err.splitlines()
    assert f"replaced 1 results in {tmp_path / 'out'} that other settings made" in last


def test_the_older_name_of_the_option(predict, images, tmp_path):
    arguments = images, f"output={tmp_path / 'out'}", "uncertainty=none"
    predict(*arguments)
    assert "kept 2 of 2" in predict(*arguments, "skip_existing=true").err
    assert "kept" not in predict(*arguments, "skip_existing=false").err
    assert_one_error(predict(*arguments, "skip_existing=true", "overwrite=true"), "contradict each other")


@pytest.mark.parametrize("panel", ["without a record", "missing"])
def test_results_that_do_not_say_what_made_them_are_not_replaced(predict, images, tmp_path, panel):
    """Those of earlier versions, beside settings that are not those of this call."""
    arguments = images, f"output={tmp_path / 'out'}", "uncertainty=none"
    predict(*arguments, "size=64x96")
    for path in (tmp_path / "out").glob("*.panel.png"):
        path.unlink()
        if panel != "missing":
            write_images(tmp_path / "plain")[0].rename(path)
    before = contents(tmp_path / "out")
    assert_one_error(predict(*arguments, "size=32x64"), "were made with size=[64, 96]", "overwrite=true to replace")
    assert contents(tmp_path / "out") == before


def test_members_count_and_not_only_the_file_that_names_them(predict, images, tmp_path):
    """A manifest that grows, and a member that is trained again in its place."""
    for seed in (1, 2, 3):
        export_model(tiny_model(seed=seed), tmp_path / f"member{seed}")

    def bind(*seeds: int) -> None:
        members = [{"path": f"member{seed}", "finished": True} for seed in seeds]
        write_manifest(tmp_path / ENSEMBLE, {}, members)

    method = ("uncertainty=ensemble", f"uncertainty.ensemble.manifest={tmp_path / ENSEMBLE}")
    arguments = images, f"output={tmp_path / 'out'}", f"checkpoint={tmp_path / 'member1'}", *method
    bind(1, 2)
    assert predict(*arguments).code == 0
    assert "kept 2 of 2" in predict(*arguments).err
    bind(1, 2, 3)
    assert_one_error(predict(*arguments), "were made with other members of uncertainty.ensemble; set output=DIR")
    bind(1, 2)
    assert "kept 2 of 2" in predict(*arguments).err
    export_model(tiny_model(seed=5), tmp_path / "member2")
    assert_one_error(predict(*arguments), "were made with other members of uncertainty.ensemble; set output=DIR")

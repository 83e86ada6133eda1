"""The package as a stranger gets it: a wheel, installed in a clean environment, run from another folder."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from gradunc.models import export_model
from tests.helpers import REPOSITORY, TINY, files_in, tiny_model, write_images

pytestmark = pytest.mark.slow


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run([str(a) for a in arguments], cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    how = ("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPOSITORY)
    done = run(sys.executable, *how, cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory) -> Path:
    """A clean environment with the wheel; the other packages are borrowed from this one by a path, not by hooks."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "env", with_pip=False)
    names = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    site = Path(sysconfig.get_path("purelib", "venv", vars=names))
    python = Path(sysconfig.get_path("scripts", "venv", vars=names)) / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    # Lines of plain paths: .pth files inside those folders, an editable gradunc among them, are not read.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return python.parent


def test_the_whole_package_and_its_configs_are_inside(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "gradunc").rglob("*.py")} <= names
    for path in (REPOSITORY / "configs").rglob("*.yaml"):
        assert f"gradunc/configs/{path.relative_to(REPOSITORY / 'configs').as_posix()}" in names
    assert "gradunc/py.typed" in names
    assert not any(name.startswith(("tests/", "configs/")) for name in names)


WHERE = "from importlib.util import find_spec; print(find_spec('gradunc').origin)"


def test_the_wheel_is_what_is_imported(scripts, tmp_path):
    done = run(scripts / "python", "-c", WHERE, cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(scripts.parent), done.stderr


def test_training_command(scripts, tmp_path):
    done = run(scripts / "gradunc-train", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout, "the configs are found"
    scenes = [f"data.synthetic.{split}_scenes=1" for split in ("train", "val", "test")]
    done = run(
        scripts / "gradunc-train",
        *TINY,
        "objective=supervised",
        "data.batch_size=2",
        "data.synthetic.frames_per_scene=2",
        *scenes,
        "--dry-run",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "dry run passed" in done.stdout


def test_inference_command(scripts, tmp_path):
    export_model(tiny_model(), tmp_path / "export")
    write_images(tmp_path / "in")
    done = run(scripts / "gradunc-infer", "predict", "checkpoint=export", "in", "device=cpu", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0.png.uncertainty.npy" in files_in(tmp_path / "outputs")

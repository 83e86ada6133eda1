"""Networks that functions of Python files return."""

from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import nn

from gradunc import load_model
from gradunc.errors import InputError
from gradunc.models.adapters.factory import made_by
from gradunc.models.adapters.factory_name import FactoryName, factory_name
from gradunc.types import OutputSpace
from tests.helpers import random_images

CODE = """
    import torch
    from torch import nn
    from gradunc import OutputSpace, adapt

    def plain():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.Softplus())

    def metric():
        network = plain()
        network.output_space, network.size = OutputSpace("depth", "metric"), (64, 96)
        return network

    def adapted():
        return adapt(plain(), lambda raw: 2 * raw, OutputSpace(), mean=(0, 0, 0), std=(1, 1, 1))

    class Words(nn.Module):
        def forward(self, image):
            return {"depth": image}

    def nothing():
        return None

    def divides():
        return 1 / 0

    def ends():
        raise SystemExit(3)

    def wrong():
        return adapt(plain(), torch.exp, OutputSpace(), mean=(0, 0, 0), std=(1, 1, 1), multiple=0)

    constant, network = 3, plain()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(dedent(CODE))
    return path


def test_a_module_is_taken_as_it_is(file: Path) -> None:
    """Depth up to a factor, of images that are not normalised: the function's own network says the same."""
    model, image = made_by(FactoryName(file, "plain")), random_images()
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 1, 3, padding=1)
    assert torch.equal(model(image).depth, nn.functional.softplus(conv(image)))
    assert model.output_space == OutputSpace("depth", "scale")
    assert not model.training
    assert not hasattr(model, "size")


def test_what_a_module_says_of_itself_counts(file: Path) -> None:
    model = made_by(FactoryName(file, "metric"))
    assert model.output_space == OutputSpace("depth", "metric")
    assert model.size == (64, 96)


def test_an_adapted_network_stays_what_it_is(file: Path) -> None:
    image = random_images()
    assert torch.equal(
        made_by(FactoryName(file, "adapted"))(image).depth, 2 * made_by(FactoryName(file, "plain"))(image).depth
    )


def test_a_class_is_a_function_that_returns_one(file: Path) -> None:
    model = made_by(FactoryName(file, "Words"))
    with pytest.raises(InputError, match=r"returned a dict and no depth; let the function return gradunc\.adapt"):
        model(random_images())


def test_the_description_changes_with_the_code(file: Path) -> None:
    """Results of an earlier version of the file, with equal weights, are not taken for those of this one."""
    before = made_by(FactoryName(file, "adapted")).description()
    assert before == made_by(FactoryName(file, "adapted")).description()
    file.write_text(file.read_text().replace("2 * raw", "3 * raw"))
    assert before != made_by(FactoryName(file, "adapted")).description()


def test_it_imports_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a package has the name of the file, and a dataclass looks its own module up."""
    monkeypatch.setattr("sys.path", ["elsewhere"])
    (tmp_path / "parts_of_mine.py").write_text("from torch import nn\nlayer = nn.Conv2d(3, 1, 1)\n")
    (tmp_path / "torch.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom parts_of_mine import layer\n"
        "@dataclass\nclass Options:\n    width: int = 1\ndef network():\n    return layer\n"
    )
    assert made_by(FactoryName(tmp_path / "torch.py", "network"))(random_images()).depth.shape[1] == 1


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("nothing", r"nets\.py:nothing: nothing\(\) returned None, which is no torch\.nn\.Module$"),
        ("divides", r"divides\(\) of .*nets\.py failed in line 26: ZeroDivisionError: division by zero$"),
        ("ends", r"ends\(\) of .*nets\.py failed in line 29: SystemExit: 3$"),
        ("wrong", r"wrong\(\) of .*nets\.py in line 32: adapt: multiple=0 must be at least 1$"),
        ("constant", "constant is a int, not a function that returns a network$"),
        ("network", "network is a Sequential, not a function that returns a network$"),
        ("adapte", r"has no function 'adapte'; did you mean 'adapted'\? \(functions: plain, metric, adapted, nothing"),
        ("", r"has no function '' \(functions: plain"),
    ],
)
def test_functions_that_make_no_network(file: Path, function: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        made_by(FactoryName(file, function))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import torch\nimport no_such_package\n", r"nets\.py failed in line 2: ModuleNotFoundError: No module named"),
        ("def network(:\n", r"nets\.py failed in line 1: SyntaxError: "),
        ("raise RuntimeError('first\\nlast')\n", r"failed in line 1: RuntimeError: first last$"),
    ],
)
def test_files_that_do_not_run(file: Path, code: str, message: str) -> None:
    file.write_text(code)
    with pytest.raises(InputError, match=message):
        made_by(FactoryName(file, "network"))


def test_no_such_file(file: Path) -> None:
    with pytest.raises(InputError, match=r"no file '.*net\.py'; nearest: '.*nets\.py'; give checkpoint=FILE\.py:FUNC"):
        made_by(FactoryName(file.with_name("net.py"), "plain"))


@pytest.mark.parametrize("source", ["a.ckpt", "runs/a.py/export", "nets.py", "C:runs", ":", ".py:network"])
def test_other_sources_name_no_function(source: str) -> None:
    assert factory_name(source) is None


def test_load_model_runs_no_code(file: Path) -> None:
    """Manifests of ensembles, teachers and configurations of trainings name networks, too."""
    file.write_text(f"open({str(file.with_name('ran'))!r}, 'w')\n")
    with pytest.raises(InputError, match=r"is code, which only checkpoint= of infer\.py runs"):
        load_model(f"{file}:plain")
    with pytest.raises(InputError, match=r"is a program; infer\.py takes checkpoint=FILE\.py:FUNCTION"):
        load_model(file)
    assert not file.with_name("ran").exists()

"""What a program says of itself, and of a mistyped call, needs none of the large libraries: a hook refuses them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from gradunc.commands.verbs import VERBS
from gradunc.models import export_model
from tests.helpers import REPOSITORY, tiny_model, write_images

HEAVY = ("torch", "torchvision", "lightning", "torchmetrics", "timm", "wandb", "matplotlib", "av", "numpy", "PIL")

NOT_FOR_PREDICTION = (
    *("lightning", "torchmetrics", "wandb", "av", "scipy", "transformers", "onnx", "onnxruntime", "h5py"),
    *("matplotlib.pyplot", "tensorboard"),
)
"""What neither `infer.py predict` nor what it uses may need."""

TOOLS = sorted(
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__main__")
    for path in (REPOSITORY / "gradunc").rglob("*.py")
    if 'if __name__ == "__main__"' in path.read_text()
)
"""Everything that `python -m` can run."""

PROGRAMS = {
    "train.py": ("--help", "-h", "--print-config", "--print-config experiment=demo", "--dry-rn"),
    "infer.py": ("--help", "", "predcit", "checkpoint=a photos/", "ood=x"),
    **{
        f"infer.py {verb}": ("--help", "--print-config", "--dry-run", "trainer.max_epochs=3 mdoel.size=1")
        for verb in VERBS
    },
    **{f"-m {tool}": ("--help", "--flag") for tool in TOOLS},
}
"""Program, with the words that choose a part of it -> what is typed behind it."""

MISTYPED = ("outptu=x", "data=kity", "data.rot=x", "no.yaml", "device=true x=1")

CALLS = """
import importlib.abc, json, runpy, sys

class Refuses(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise AssertionError(f"{name} is imported")

HEAVY, refusal, program, calls = json.loads(sys.argv[1])
if refusal == "bug":
    sys.meta_path.insert(0, Refuses())
else:
    sys.modules.update(dict.fromkeys(HEAVY))  # each import of them raises ModuleNotFoundError
codes = []
for call in calls:
    words = program.split()
    sys.argv = [words[1] if words[0] == "-m" else words[0], *words[1 + (words[0] == "-m"):], *call.split()]
    try:
        if words[0] == "-m":
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as stop:
        codes.append(stop.code)
print("codes", *codes)
"""


def run_without(heavy: Sequence[str], refusal: str, program: str, calls: Sequence[str]) -> tuple[list[str], str]:
    """The exit codes of several calls of one program in one process that cannot import some packages, and stderr."""
    given = json.dumps([heavy, refusal, program, calls])
    done = subprocess.run([sys.executable, "-c", CALLS, given], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1].split()[1:], done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_mistakes_import_nothing_large(program: str) -> None:
    good = [call for call in PROGRAMS[program] if call == "-h" or "--help" in call or "--print-config" in call]
    calls = [*good, *(call for call in PROGRAMS[program] if call not in good), *MISTYPED]
    codes, errors = run_without(HEAVY, "bug", program, calls)
    assert codes == ["0"] * len(good) + ["2"] * (len(calls) - len(good)), errors


@pytest.mark.slow
def test_a_prediction_needs_nothing_of_training(tmp_path: Path) -> None:
    """timm imports wandb where it is installed, and does without where it is not."""
    export_model(tiny_model(), tmp_path / "export")
    write_images(tmp_path / "photos")
    call = f"checkpoint={tmp_path}/export {tmp_path}/photos output={tmp_path}/maps device=cpu progress=false"
    codes, errors = run_without(NOT_FOR_PREDICTION, "not installed", "infer.py predict", [call])
    assert codes == ["0"], errors
    assert (tmp_path / "maps" / "0.png.panel.png").is_file()


@pytest.mark.parametrize(
    ("import_it", "package"),
    [("import gradunc.models.parts.timm_encoder", "wandb"), ("import gradunc.prediction.files", "matplotlib")],
)
def test_what_a_prediction_can_do_without_is_imported_later(import_it: str, package: str) -> None:
    code = f"import sys; {import_it}; assert '{package}' not in sys.modules; import {package}; print('there')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.stdout == "there\n", done.stderr


def test_the_tools_are_found() -> None:
    assert {"gradunc.tools.check", "gradunc.tools.evaluate_pose", "gradunc.tools.prepare"} <= set(TOOLS)


def test_timm_still_finds_wandb_when_it_asks_for_it() -> None:
    code = (
        "import sys, gradunc.models.parts.timm_encoder, timm.utils.summary as s; assert 'wandb' not in sys.modules; "
        "import wandb; wandb.log = lambda row: print(row); "
        "s.update_summary(1, {'a': 2}, {'b': 3}, '/dev/null', log_wandb=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.stdout == "OrderedDict([('epoch', 1), ('train_a', 2), ('eval_b', 3)])\n", done.stderr

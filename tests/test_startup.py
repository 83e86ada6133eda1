"""What a program says of itself, and of a mistyped call, needs none of the large libraries: a hook refuses them."""

import json
import subprocess
import sys

import pytest

from gradunc.commands.verbs import VERBS
from tests.helpers import REPOSITORY

HEAVY = ("torch", "torchvision", "lightning", "torchmetrics", "timm", "wandb", "matplotlib", "av", "numpy", "PIL")

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

HEAVY, program, calls = json.loads(sys.argv[1])
sys.meta_path.insert(0, Refuses())
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


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_mistakes_import_nothing_large(program: str) -> None:
    good = [call for call in PROGRAMS[program] if "--help" in call or call == "-h" or "--print-config" in call]
    calls = [*good, *(call for call in PROGRAMS[program] if call not in good), *MISTYPED]
    given = json.dumps([HEAVY, program, calls])
    done = subprocess.run([sys.executable, "-c", CALLS, given], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    codes = ["0"] * len(good) + ["2"] * (len(calls) - len(good))
    assert done.stdout.splitlines()[-1].split() == ["codes", *codes], done.stderr


def test_the_tools_are_found() -> None:
    assert {"gradunc.tools.check", "gradunc.tools.evaluate_pose", "gradunc.tools.prepare"} <= set(TOOLS)

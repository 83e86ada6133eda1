"""The oldest versions that pyproject.toml allows: do they install, does the program work on them, are they safe?

    python .ci/oldest.py pins           print them as NAME==VERSION
    python .ci/oldest.py prove FOLDER   install exactly them into a new environment in FOLDER, then train and predict
    python .ci/oldest.py audit FOLDER   look everything installed there up in the advisory database (needs the internet)

Needs the packages `packaging` and, for the audit, `pip-audit`. The workflow of .github/ runs it every week.
"""

import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
EXTRAS = ("huggingface", "diffusers", "lora", "onnx", "exr", "video", "nyu", "tensorboard")
"""Extras whose floors are proven, too."""

TRAINING = "train.py experiment=demo trainer.max_steps=2 data.synthetic.train_scenes=8 data.synthetic.val_scenes=2"
PREDICTION = "infer.py predict device=cpu"


def floors(project: dict[str, object], extras: Sequence[str] = EXTRAS) -> list[str]:
    """The lower bound of every dependency as a pin.

    Args:
        project: the table `project` of a pyproject.toml.
        extras: names of optional dependencies that are taken along.

    Raises:
        SystemExit: a dependency without a lower bound: nobody could say what its oldest version is.

    >>> floors({"dependencies": ["a>=1.2,<3", "B >= 0.4.5"]}, ())
    ['a==1.2', 'B==0.4.5']
    """
    optional = project.get("optional-dependencies", {})
    assert isinstance(optional, dict)
    texts = [*project["dependencies"], *(text for name in extras for text in optional[name])]  # pyright: ignore
    return list(dict.fromkeys(_floor(Requirement(text)) for text in texts))  # some extras share packages


def _floor(requirement: Requirement) -> str:
    lowest = [clause.version for clause in requirement.specifier if clause.operator == ">="]
    if not lowest:
        raise SystemExit(f"'{requirement}' in pyproject.toml has no lower bound; write {requirement.name}>=VERSION")
    return f"{requirement.name}=={lowest[0]}"


def prove(folder: Path) -> None:
    """Install the oldest set into a new environment and run a training of two steps and a prediction with it."""
    python, image, runs = str(folder / "venv" / "bin" / "python"), folder / "a.png", folder / "runs"
    venv.create(folder / "venv", with_pip=True, clear=True)
    _run(python, "-m", "pip", "install", "--quiet", "--editable", str(ROOT), *pins())
    _run(python, "-m", "pip", "check")
    _run(python, "-c", f"from PIL import Image; Image.new('RGB', (96, 64), 'teal').save({str(image)!r})")
    _run(python, *TRAINING.split(), "data.synthetic.test_scenes=2", f"data.cache={folder / 'cache'}", f"output={runs}")
    export = max(runs.glob("demo/*/export"))
    _run(python, *PREDICTION.split(), f"checkpoint={export}", f"source={image}", f"output={folder / 'maps'}")
    print(f"the oldest allowed versions install and work: {' '.join(pins())}")


def audit(folder: Path) -> None:
    """Look the environment that `prove` made up in the advisory database; without an answer it is no success."""
    python = str(folder / "venv" / "bin" / "python")
    listed = subprocess.run([python, "-m", "pip", "freeze", "--exclude-editable"], capture_output=True, check=True)
    (folder / "installed.txt").write_bytes(listed.stdout)
    # Strict: without that, a package of which the database does not answer counts as a safe one.
    options = ("--strict", "--no-deps", "--disable-pip", "-r", str(folder / "installed.txt"))
    found = subprocess.run([sys.executable, "-m", "pip_audit", *options], check=False)
    if found.returncode:
        raise SystemExit("not audited, or with findings: see above; nothing is known to be safe")
    print("no known advisory about any of the oldest allowed versions")


def pins() -> list[str]:
    """The floors of our own pyproject.toml."""
    return floors(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def _run(*command: str) -> None:
    print("+", " ".join(command), flush=True)
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2")}
    if code := subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise SystemExit(f"'{' '.join(command[:4])} ...' ended with {code}")


def main(arguments: Sequence[str]) -> None:
    """What the first word asks for."""
    match arguments:
        case ["pins"]:
            print("\n".join(pins()))
        case ["prove", folder]:
            prove(Path(folder).resolve())
        case ["audit", folder]:
            audit(Path(folder).resolve())
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Do what a Dockerfile says in a clean environment, where there is no docker: `python docker/verify.py --help`.

The steps are read from the Dockerfile itself. A new folder stands for the container, and what is copied into it is what
docker would copy: the tracked files, without those of .dockerignore. Commands see no variable of the caller but those
in `PASSED`. Two steps cannot be done this way: the base image is not fetched (the Python of this machine runs, and its
version is said), and packages of the system are not installed (that their programs are here is checked).
"""

import argparse
import fnmatch
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSED = ("PATH", "LANG", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
"""Variables of the caller that commands see, besides those of pip (`PIP_...`), which say where packages are."""
PROGRAMS = {"python3-venv": "python3"}
"""Package of the system -> its program, if it has another name."""
KNOWN = ("FROM", "RUN", "WORKDIR", "COPY", "ENV", "CMD")


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    line: int
    instruction: str
    arguments: str


def steps(dockerfile: str) -> list[Step]:
    r"""The instructions of a Dockerfile in order; a backslash goes on in the next line.

    Raises:
        SystemExit: an instruction that this script does not know, with its line.

    >>> steps("# why\nFROM a\nRUN b && \\\n  c\n")
    [Step(line=2, instruction='FROM', arguments='a'), Step(line=3, instruction='RUN', arguments='b &&   c')]
    """
    found: list[Step] = []
    begun, text = 0, ""
    for number, line in enumerate(dockerfile.splitlines(), start=1):
        if not text and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begun = begun if text else number
        text += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        instruction, _, arguments = text.strip().partition(" ")
        if instruction not in KNOWN:
            raise SystemExit(f"line {begun}: {instruction} is not known here; known: {', '.join(KNOWN)}")
        found.append(Step(begun, instruction, arguments.strip()))
        text = ""
    return found


def copied(root: Path) -> list[str]:
    """The tracked files that exist, without those that .dockerignore leaves out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
    ignore = root / ".dockerignore"
    patterns = [line.strip("/ ") for line in ignore.read_text().splitlines() if line.strip()] if ignore.exists() else []
    files = [name for name in listed.split("\0") if name and (root / name).is_file()]
    return [name for name in files if not any(_matches(name, pattern) for pattern in patterns)]


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(name, pattern) or name.startswith(f"{pattern}/")


class Container:
    """A folder in which the steps are done.

    Args:
        folder: new; stands for `/` of the container.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.here = folder
        self.environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        self.environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        self.environment["HOME"] = str(folder / "root")
        (folder / "root").mkdir(parents=True)

    def do(self, step: Step) -> None:
        """Do one step.

        Raises:
            SystemExit: it failed, with its line.
        """
        getattr(self, f"_{step.instruction.lower()}")(step)

    def _from(self, step: Step) -> None:
        # The Python of the image is the first that commands find; here it is ours, outside of virtual environments.
        python = Path(sys.base_prefix) / "bin"
        self.environment["PATH"] = f"{python}{os.pathsep}{self.environment['PATH']}"
        print(f"    not fetched; here runs Python {sys.version.split()[0]} of {python}")

    def _workdir(self, step: Step) -> None:
        self.here = self.folder / step.arguments.strip("/")
        self.here.mkdir(parents=True, exist_ok=True)

    def _copy(self, step: Step) -> None:
        if step.arguments != ". .":
            raise SystemExit(f"line {step.line}: only COPY . . is known here")
        names = copied(ROOT)
        for name in names:
            target = self.here / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        print(f"    {len(names)} files")

    def _env(self, step: Step) -> None:
        for pair in shlex.split(step.arguments):
            name, _, value = pair.partition("=")
            self.environment[name] = value

    def _run(self, step: Step) -> None:
        if step.arguments.startswith("apt-get "):
            self._system_packages(step)
        else:
            self._call(step, ["sh", "-c", step.arguments])

    def _system_packages(self, step: Step) -> None:
        words = shlex.split(step.arguments.partition("install ")[2].partition("&&")[0])
        packages = [word for word in words if not word.startswith("-")]
        missing = [one for one in packages if shutil.which(PROGRAMS.get(one, one)) is None]
        if missing:
            raise SystemExit(f"line {step.line}: not here: {', '.join(missing)}")
        print(f"    not installed, but here: {', '.join(packages)}")

    def _cmd(self, step: Step) -> None:
        self._call(step, json.loads(step.arguments))

    def _call(self, step: Step, command: list[str]) -> None:
        code = subprocess.run(command, cwd=self.here, env=self.environment, check=False).returncode
        if code:
            raise SystemExit(f"line {step.line}: exit code {code} from {shlex.join(command)}")


def main(arguments: list[str] | None = None) -> None:
    """Read the Dockerfile and do its steps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0].partition(":")[0])
    parser.add_argument("dockerfile", type=Path, help="for example docker/cpu.Dockerfile")
    parser.add_argument("--folder", type=Path, help="new, stands for the container; default: a temporary one")
    parser.add_argument("--list", action="store_true", help="print the steps and do nothing")
    parser.add_argument("--build", action="store_true", help="docker build alone, without the CMD of docker run")
    given = parser.parse_args(arguments)
    todo = [one for one in steps(given.dockerfile.read_text()) if not (given.build and one.instruction == "CMD")]
    if given.list:
        print(*(f"{one.instruction} {one.arguments}" for one in todo), sep="\n")
        return
    if given.folder and given.folder.exists():
        parser.error(f"'{given.folder}' exists; give a new folder")
    with tempfile.TemporaryDirectory(prefix="gradunc-docker-") as temporary:
        container = Container(given.folder or Path(temporary) / "container")
        for number, step in enumerate(todo, start=1):
            print(f"[{number}/{len(todo)}] {step.instruction} {step.arguments}", flush=True)
            container.do(step)
    print("all steps done")


if __name__ == "__main__":
    main()

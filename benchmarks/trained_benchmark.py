"""Compare every method on every network of benchmarks/trained_methods.py, as in docs/compared.md.

    python benchmarks/trained_benchmark.py FOLDER [NAME ...]

FOLDER is that of trained_methods.py. Each network is judged by `infer.py benchmark` into FOLDER/results/NAME, unless
that has been done; the table has a row for each network, with what only it can say beside what every network can.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from trained_methods import NETWORKS, run_of

DATA = ["data=synthetic", "data.synthetic.test_scenes=50", "data.synthetic.frames_per_scene=2"]
COMMON = [*DATA, "evaluation.alignment=median"]
BASES = ("stereo", "supervised", "mono")
"""Networks without anything of their own: every method judges them."""
MEMBERS = {
    "stereo": {"bootstrap": "stereo_bootstrap", "snapshots": "stereo_snapshots"},
    "supervised": {"bootstrap": "supervised_bootstrap"},
}
"""Network -> name of an ensemble that is judged beside it: where its members are."""
OWN = ("predicted", "mc_dropout", "mc_dropout_log", "bootstrap", "snapshots")
"""Methods that need training of their own."""


def command(folder: Path, name: str) -> list[str]:
    """The infer.py command of a network."""
    ensembles = []
    for method, trained in MEMBERS.get(name, {}).items():
        if (folder / "runs" / trained).is_dir():
            key = f"uncertainty.{method}"
            ensembles += [f"{key}.method=ensemble", f"{key}.manifest={run_of(folder, trained)}"]
    methods = "every" if name in BASES else str(Path(__file__).with_name("trained_methods.yaml"))
    own = [f"checkpoint={run_of(folder, name)}", f"uncertainty={methods}", *ensembles]
    return [sys.executable, "infer.py", "benchmark", *COMMON, *own, f"output={folder / 'results' / name}"]


def cell(row: dict[str, Any], error: str, digits: int) -> str:
    """AUSE with its interval."""
    low, high = row[f"ause_{error}_low"], row[f"ause_{error}_high"]
    return f"{row[f'ause_{error}']:.{digits}f} [{low:.{digits - 1}f}, {high:.{digits - 1}f}]"


def rows(name: str, result: dict[str, Any]) -> list[str]:
    """The lines of a network: gradient, row, and what only it has."""
    methods, depth = result["benchmark"], result["depth"]["abs_rel"]
    found = [one for one in ("gradient", "trivial_row", *OWN) if one in methods]
    return [
        f"| {name} | {depth:.3f} | {one} | {methods[one]['cost']:.2f} | {cell(methods[one], 'abs_rel', 4)} | "
        f"{cell(methods[one], 'rmse', 3)} |"
        for one in found
    ]


def main(arguments: list[str]) -> None:
    """Judge what is not judged, and print the table."""
    if not arguments or any(name not in NETWORKS for name in arguments[1:]):
        raise SystemExit(f"usage: python benchmarks/trained_benchmark.py FOLDER [{' | '.join(NETWORKS)}]")
    folder, lines = Path(arguments[0]), []
    of_members = {trained for ensembles in MEMBERS.values() for trained in ensembles.values()}
    for name in arguments[1:] or [one for one in NETWORKS if one not in of_members]:
        path = folder / "results" / name / "benchmark.json"
        if not path.is_file():
            line = command(folder, name)
            print(" ".join(line), flush=True)
            subprocess.run(line, check=True)
        lines += rows(name, json.loads(path.read_text()))
    print("| network | abs_rel of its depth | method | cost | AUSE of abs_rel | AUSE of rmse [m] |")
    print("|---|---:|---|---:|---:|---:|", *lines, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])

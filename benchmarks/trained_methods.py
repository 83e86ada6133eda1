"""Train every network of docs/compared.md on rendered streets, one after another; what is finished is skipped.

    python benchmarks/trained_methods.py FOLDER [NAME ...]

Each NAME of `NETWORKS` (all without a name) is trained by the train.py command that is printed, into FOLDER/NAME; its
minutes stand in FOLDER/minutes.csv. A network that starts from, or learns from, another one needs that one first.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMON = [
    "experiment=demo",
    "logger=csv",
    "uncertainty=none",
    "evaluation.baselines=false",
    "trainer.progress=false",
    "trainer.max_epochs=5",
    "objective.optimizer=adamw",
    "objective.learning_rate=2e-3",
    "objective.weight_decay=0.01",
    "objective.schedule=onecycle",
]
"""The demo and its optimiser, which another `objective=` would replace; what a network has stands in their place."""

STEREO, MONO = "model.weights=@stereo", "objective.pose_encoder=lcnet_050"
FROM_STEREO = [STEREO, MONO, "objective.learning_rate=5e-4"]

NETWORKS = {
    "stereo": ["objective=stereo"],
    "stereo_dropout": ["objective=stereo", "model.dropout=0.2"],
    "stereo_log": ["objective=stereo_log"],
    "stereo_repr": ["objective=stereo_repr"],
    "stereo_self": ["objective=self_teaching", "objective.teacher=@stereo"],
    "stereo_snapshots": ["objective=stereo", "objective.schedule=cyclic", "objective.cycles=4"],
    "stereo_bootstrap": ["objective=stereo", "ensemble.members=4", "trainer.max_epochs=10"],
    "supervised": ["objective=supervised"],
    "supervised_dropout": ["objective=supervised", "model.dropout=0.2"],
    "supervised_laplace": ["objective=supervised_laplace"],
    "supervised_gaussian": ["objective=supervised_gaussian"],
    "supervised_beta_nll": ["objective=supervised_beta_nll"],
    "supervised_evidential": ["objective=supervised_evidential", "model.uncertainty_quantity=log_depth"],
    "supervised_bootstrap": ["objective=supervised", "ensemble.members=4", "trainer.max_epochs=10"],
    "mono": ["objective=mono", *FROM_STEREO],
    "mono_log": ["objective=mono_log", *FROM_STEREO],
    "mono_repr": ["objective=mono_repr", *FROM_STEREO],
    "mono_self": ["objective=self_teaching", "objective.teacher=@mono"],
}
"""Name -> what its training has beside `COMMON`; @NAME is the run folder of another network."""


def run_of(folder: Path, name: str) -> Path:
    """The finished run of a network, or the folder of its ensemble."""
    finished = sorted(folder.glob(f"runs/{name}/*/"))
    if not finished:
        raise SystemExit(f"{name} is not trained yet: python benchmarks/trained_methods.py {folder} {name}")
    return finished[-1]


def command(folder: Path, name: str, networks: Mapping[str, Sequence[str]] = NETWORKS) -> list[str]:
    """The train.py command of a network."""
    given = [part.split("@") for part in networks[name]]
    own = [key + (str(run_of(folder, other[0])) if other else "") for key, *other in given]
    options = {key: value for key, _, value in (part.partition("=") for part in [*COMMON, *own])}
    line = [f"{key}={value}" for key, value in options.items()]
    return [sys.executable, "train.py", *line, f"name={name}", f"output={folder / 'runs'}"]


def main(arguments: list[str]) -> None:
    """Train what is not finished."""
    if not arguments or any(name not in NETWORKS for name in arguments[1:]):
        raise SystemExit(f"usage: python benchmarks/trained_methods.py FOLDER [{' | '.join(NETWORKS)}]")
    train_all(Path(arguments[0]), arguments[1:] or list(NETWORKS), NETWORKS)


def train_all(folder: Path, names: Sequence[str], networks: Mapping[str, Sequence[str]]) -> None:
    """Train those of some networks that are not finished; minutes stand in `minutes.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    minutes = folder / "minutes.csv"
    done = {line.split(",")[0] for line in minutes.read_text().splitlines()} if minutes.exists() else set()
    for name in names:
        if name in done:
            continue
        line = command(folder, name, networks)
        print(" ".join(line), flush=True)
        began = time.monotonic()
        subprocess.run(line, check=True)
        with minutes.open("a") as file:
            file.write(f"{name},{(time.monotonic() - began) / 60:.1f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

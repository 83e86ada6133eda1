"""Every objective with its typical network, three seeds: one table.

    python benchmarks/objectives.py FOLDER [NAME ...]

NAME is OBJECTIVE-SEED, such as stereo-0; without one all are trained, into FOLDER/runs, and those that are finished
are judged: 100 images of 50 rendered scenes, depth scaled to the median (`midas`: by least squares). What is done is
skipped. The minutes are those of a machine that does nothing else.
"""

import json
import subprocess
import sys
from pathlib import Path

import yaml
from regions import by_scene, errors
from trained_benchmark import DATA
from trained_methods import run_of, train_all

from gradunc.models import load_model

SMALL = ["objective.learning_rate=1e-3"]
VIEWS = ["trainer.max_epochs=3"]
VIDEO = ["experiment=demo_video", "trainer.max_epochs=6", "objective.pose_encoder=lcnet_050", *SMALL]
OBJECTIVES = {
    "supervised": ["objective=supervised"],
    "adabins": [
        *("objective=adabins", "model=adabins_tiny", "objective.encoder_learning_rate=null"),
        *("trainer.gradient_clip_val=0.1", *SMALL),
    ],
    "midas": ["objective=midas", "model=dpt_tiny", "model.head=relative", "evaluation.alignment=least_squares", *SMALL],
    "stereo": ["objective=stereo", *VIEWS],
    "stereo_lr": ["objective=stereo_lr", *VIEWS],
    "stereo_census": ["objective=stereo_census", *VIEWS],
    "mono": [*VIDEO, "objective=mono", "objective.auto_mask_after=100"],
    "sc_depth": [*VIDEO, "objective=sc_depth", "objective.auto_mask_after=100"],
}
NETWORKS = {f"{name}-{seed}": [*options, f"seed={seed}"] for seed in range(3) for name, options in OBJECTIVES.items()}
METHODS = Path(__file__).parents[1] / "configs" / "uncertainty" / "posthoc.yaml"


def alignment_of(name: str) -> str:
    """What a network is scaled by."""
    return "least_squares" if name.startswith("midas") else "median"


def gradients(folder: Path) -> Path:
    """A file with our two settings of all methods."""
    every, file = yaml.safe_load(METHODS.read_text()), folder / "gradients.yaml"
    file.write_text(yaml.safe_dump({name: every[name] for name in ("gradient", "gradient_fast")}))
    return file


def judged(folder: Path, name: str) -> dict[str, float]:
    """The figures of a network, measured once."""
    results, run = folder / "results" / name, run_of(folder, name)
    if not (results / "benchmark.json").is_file():
        line = [
            *DATA,
            f"evaluation.alignment={alignment_of(name)}",
            f"checkpoint={run}",
            f"uncertainty={gradients(folder)}",
        ]
        subprocess.run([sys.executable, "infer.py", "benchmark", *line, f"output={results}"], check=True)
    moving = results / "moving.json"
    if not moving.is_file():
        found = by_scene(errors(load_model(run), "moving", alignment_of(name), []))
        moving.write_text(json.dumps(found.mean(0).tolist()))
    result = json.loads((results / "benchmark.json").read_text())
    inside, _ = json.loads(moving.read_text())
    areas = {row: values["ause_abs_rel"] for row, values in result["benchmark"].items()}
    depth = result["depth"]
    ranked = {"row": areas["trivial_row"], "gradient": areas["gradient"], "fast": areas["gradient_fast"]}
    return {"abs_rel": depth["abs_rel"], "a1": depth["a1"], "moving": inside, **ranked}


def cell(values: list[float]) -> str:
    """One value, or the mean and the least and the greatest of several."""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{sum(values) / len(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def main(arguments: list[str]) -> None:
    """Train what is not finished, and print the table of what is."""
    if not arguments or any(name not in NETWORKS for name in arguments[1:]):
        raise SystemExit(f"usage: python benchmarks/objectives.py FOLDER [{' | '.join(NETWORKS)}]")
    folder = Path(arguments[0])
    train_all(folder, arguments[1:] or list(NETWORKS), NETWORKS)
    lines = (folder / "minutes.csv").read_text().splitlines()
    minutes = {name: float(value) for name, _, value in (line.partition(",") for line in lines)}
    print("| objective | seeds | abs_rel | a1 | abs_rel, moving | AUSE: row | gradient | fast | minutes |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for objective in OBJECTIVES:
        names = [name for name in NETWORKS if name.rpartition("-")[0] == objective and name in minutes]
        rows = [judged(folder, name) for name in names]
        if rows:
            figures = [cell([row[key] for row in rows]) for key in rows[0]]
            mean = sum(minutes[name] for name in names) / len(names)
            print(f"| `{objective}` | {len(rows)} | {' | '.join(figures)} | {mean:.0f} |")


if __name__ == "__main__":
    main(sys.argv[1:])

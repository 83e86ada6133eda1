"""The tables of docs/scoring.md from results of `infer.py benchmark ... uncertainty=ranking_study`.

    python benchmarks/ranking_table.py NAME=FOLDER[,FOLDER ...] ... [--error abs_rel] [--only SCORE ...]
    python benchmarks/ranking_table.py NAME=FOLDER[,FOLDER ...] ... [--error abs_rel] --choose SCORE ...

FOLDER is the `output` of a run; several folders of one NAME are one group, whose unit is the scene: the images of a
scene have one mean, and the scenes count alike. A cell is the change of mean AUSE against `published` in per cent, with
the 95% interval over scenes. `--choose` applies the rule of docs/scoring.md to the scores that it names,
to all scenes and with each scene left out in turn, and judges the choice on the scenes that were left out. Groups whose
NAME begins with the same `KIND/` weigh as much together as a group of another kind.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gradunc.metrics import Resampling

BASELINE = "published"
Scenes = Mapping[str, NDArray[np.float64]]
"""Score -> mean AUSE of each scene."""


def scenes_of(folders: Sequence[Path], error: str) -> dict[str, NDArray[np.float64]]:
    """Mean AUSE of every scene, of the scores that all images have."""
    sums: dict[str, dict[str, list[float]]] = {}
    for folder in folders:
        with (folder / "benchmark_per_image.csv").open() as file:
            for row in csv.DictReader(file):
                scene = row.get("scene") or row["image"]
                for key, value in row.items():
                    name, _, measured = key.rpartition("/")
                    if measured == f"ause_{error}" and value:
                        sums.setdefault(name, {}).setdefault(scene, []).append(float(value))
    scenes = sorted({scene for found in sums.values() for scene in found})
    return {
        name: np.array([float(np.mean(found[scene])) for scene in scenes], np.float64)
        for name, found in sums.items()
        if len(found) == len(scenes)
    }


def change(score: NDArray[np.float64], baseline: NDArray[np.float64]) -> str:
    """Change of the mean over scenes in per cent, with its interval where there are enough of them."""
    found, resampling = 100 * (score.mean() / baseline.mean() - 1), Resampling([None] * len(score))
    if not resampling.enough:
        return f"{found:+.1f}"
    low, high = resampling.of_ratio(torch.from_numpy(score), torch.from_numpy(baseline))
    return f"{found:+.1f} [{100 * low - 100:+.1f}, {100 * high - 100:+.1f}]"


def chosen(groups: Mapping[str, Scenes], candidates: Sequence[str]) -> str:
    """The candidate whose AUSE, relative to the published settings, has the smallest geometric mean over the groups."""

    def loss(name: str) -> float:
        kinds: dict[str, list[float]] = {}
        for group, one in groups.items():
            kinds.setdefault(group.split("/")[0], []).append(float(np.log(one[name].mean() / one[BASELINE].mean())))
        return float(np.mean([np.mean(logs) for logs in kinds.values()]))

    return min(candidates, key=loss)


def left_out(
    groups: Mapping[str, Scenes], candidates: Sequence[str], which: str
) -> tuple[list[str], NDArray[np.float64]]:
    """The choice without each scene of a group, and the AUSE of the scene that was left out."""
    choices, found = [], []
    for scene in range(len(groups[which][BASELINE])):
        rest = {name: np.delete(values, scene) for name, values in groups[which].items()}
        choices.append(chosen({**groups, which: rest}, candidates))
        found.append(groups[which][choices[-1]][scene])
    return choices, np.array(found)


def main() -> None:
    """Print a Markdown table, or what the rule chooses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("groups", nargs="+", metavar="NAME=FOLDER[,FOLDER]")
    parser.add_argument("--error", default="abs_rel", choices=("abs_rel", "rmse", "a1"))
    parser.add_argument("--baseline", default=BASELINE, metavar="SCORE")
    parser.add_argument("--only", nargs="+", metavar="SCORE", help="default: all")
    parser.add_argument("--choose", nargs="+", metavar="SCORE", help="apply the rule of decision to these")
    arguments = parser.parse_args()
    pairs = [entry.partition("=") for entry in arguments.groups]
    if not all(folders for _, _, folders in pairs):
        parser.error("say NAME=FOLDER for every group")
    groups = {name: scenes_of([Path(one) for one in folders.split(",")], arguments.error) for name, _, folders in pairs}
    if arguments.choose:
        _choose(groups, arguments.choose)
        return
    base = arguments.baseline
    if lacking := [name for name, one in groups.items() if base not in one]:
        parser.error(f"{lacking[0]} has no score {base}; give another one with --baseline")
    print(f"| score | {' | '.join(f'{name}, {len(one[base])} scenes' for name, one in groups.items())} |")
    print(f"|---|{'---:|' * len(groups)}")
    shown = arguments.only or list(next(iter(groups.values())))
    print(f"| {base}, AUSE | {' | '.join(f'{one[base].mean():.4f}' for one in groups.values())} |")
    for score in shown:
        cells = [change(one[score], one[base]) if score in one else "" for one in groups.values()]
        print(f"| {score} | {' | '.join(cells)} |")


def _choose(groups: Mapping[str, Scenes], candidates: Sequence[str]) -> None:
    print(f"all scenes: {chosen(groups, candidates)}")
    for name, group in groups.items():
        choices, values = left_out(groups, candidates, name)
        counts = ", ".join(f"{one} {choices.count(one)} times" for one in dict.fromkeys(choices))
        against = {one: change(values, group[one]) for one in (BASELINE, "trivial_row")}
        print(f"{name}: each of {len(values)} scenes left out: {counts}; AUSE of those left out: {against}")


if __name__ == "__main__":
    main()

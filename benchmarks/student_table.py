"""The table of docs/scoring.md, Student, from the results of `infer.py benchmark ... uncertainty=student_study`.

    python benchmarks/student_table.py NAME=FOLDER[,FOLDER ...] [NAME=FOLDER ...] [--against gradient]

Every cell: the change of AUSE of abs_rel / rmse against `--against` in per cent, with its 95% interval over scenes
where there are at least five. Several folders of a NAME are pooled: the images of a cross-validation.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from gradunc.metrics import Resampling
from gradunc.metrics.intervals import quantiles

ERRORS = ("abs_rel", "rmse")


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("groups", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--against", default="gradient", metavar="SCORE")
    arguments = parser.parse_args()
    pairs = [group.partition("=") for group in arguments.groups]
    if not all(folders for _, _, folders in pairs):
        parser.error("say NAME=FOLDER for every group")
    groups = {name: _images(folders.split(",")) for name, _, folders in pairs}
    scores = [key.partition("/")[0] for key in next(iter(groups.values()))[0] if key.endswith("/ause_rmse")]
    print(f"| AUSE against `{arguments.against}`, abs_rel / rmse, in % | {' | '.join(map(_head, groups.items()))} |")
    print(f"|---|{'---|' * len(groups)}")
    for score in (one for one in scores if one != arguments.against):
        cells = [_cell(images, score, arguments.against) for images in groups.values()]
        print(f"| {score} | {' | '.join(cells)} |")


def _images(folders: Sequence[str]) -> list[dict[str, str]]:
    """The rows of all images that were compared."""
    rows: list[dict[str, str]] = []
    for folder in folders:
        with (Path(folder) / "benchmark_per_image.csv").open(newline="") as file:
            rows += [row for row in csv.DictReader(file) if not row["left_out"]]
    return rows


def _head(group: tuple[str, Sequence[dict[str, str]]]) -> str:
    name, images = group
    scenes = len({row["scene"] for row in images})
    return f"{name}: {len(images)} image{'s' * (len(images) != 1)}, {scenes} scene{'s' * (scenes != 1)}"


def _cell(images: Sequence[dict[str, str]], score: str, against: str) -> str:
    return " / ".join(_change(images, f"{score}/ause_{error}", f"{against}/ause_{error}") for error in ERRORS)


def _change(images: Sequence[dict[str, str]], key: str, base: str) -> str:
    """Of the mean over images, and the interval of that ratio: numerator and denominator of the same draws."""
    values = torch.tensor([[float(row[key]), float(row[base])] for row in images], dtype=torch.float64).numpy()
    change = 100 * (values[:, 0].mean() / values[:, 1].mean() - 1)
    resampling = Resampling([row["scene"] or None for row in images])
    if not resampling.enough:
        return f"{change:+.1f}"
    sums = np.zeros((resampling.count, 2))
    np.add.at(sums, resampling.unit_of, values)
    drawn = np.concatenate([block @ sums for block in resampling.draws(2)])
    low, high = quantiles(100 * (drawn[:, :1] / drawn[:, 1:] - 1))[:, 0]
    return f"{change:+.1f} [{low:+.1f}, {high:+.1f}]"


if __name__ == "__main__":
    main()

"""How much larger the AUSE of some methods is than that of another one, with paired intervals, as in docs/compared.md.

    python benchmarks/paired_difference.py NAME=FOLDER [NAME=FOLDER ...] --of gradient_coarse,gradient_fast

FOLDER is the `output` of `infer.py benchmark`. Every cell: the difference in percent of the AUSE of --against, and its
95% bootstrap interval over scenes; the same scenes are drawn for both methods. No interval below five scenes.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from gradunc.metrics.intervals import Floats, Resampling, quantiles


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--of", required=True, help="names of methods, separated by commas")
    parser.add_argument("--against", default="gradient")
    arguments = parser.parse_args()
    methods = arguments.of.split(",")
    print("| data |", " | ".join(f"{one}: abs_rel | rmse" for one in methods), "|")
    print("|---|" + "---:|---:|" * len(methods))
    for entry in arguments.folders:
        name, _, folder = entry.partition("=")
        with (Path(folder) / "benchmark_per_image.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        drawn = Resampling([row["scene"] or None for row in rows])
        cells = [
            cell(column(rows, method, error), column(rows, arguments.against, error), drawn)
            for method in methods
            for error in ("abs_rel", "rmse")
        ]
        print(f"| {name}: {len(rows)} images, {drawn.units} |", " | ".join(cells), "|")


def column(rows: list[dict[str, str]], method: str, error: str) -> Floats:
    """AUSE of every image, NaN where it was not measured."""
    return np.array([float(row[f"{method}/ause_{error}"] or "nan") for row in rows])


def cell(values: Floats, base: Floats, drawn: Resampling) -> str:
    """The difference of the means in percent of that of `base`, with its interval."""
    known = np.isfinite(values) & np.isfinite(base)
    sums = np.zeros((drawn.count, 2))
    np.add.at(sums, drawn.unit_of[known], np.stack([values, base], 1)[known])
    found = 100 * (sums[:, 0].sum() / sums[:, 1].sum() - 1)
    if not drawn.enough:
        return f"{found:+.1f}%"
    totals = np.concatenate([block @ sums for block in drawn.draws()])
    low, high = quantiles(100 * (totals[:, :1] / totals[:, 1:] - 1))[:, 0]
    return f"{found:+.1f}% [{low:+.1f}, {high:+.1f}]"


if __name__ == "__main__":
    main()

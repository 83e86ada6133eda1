"""AUSE of all methods on several data sets, as in docs/compared.md, from results of `infer.py benchmark`.

    python benchmarks/method_table.py NAME=FOLDER [NAME=FOLDER ...] [--error abs_rel] [--images]

Every cell: AUSE, with its interval where there are enough scenes. Bold: the best of its column, and those whose paired
difference to it has an interval that holds 0. FOLDER is the `output` of a run. With --images the intervals are over
images, also of one scene: they say what other frames of the same film would give, and nothing of other scenes.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import torch

from gradunc.metrics import Resampling


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--error", default="abs_rel", choices=("abs_rel", "rmse", "a1"))
    parser.add_argument("--images", action="store_true", help="intervals over images, where scenes are too few")
    arguments = parser.parse_args()
    pairs = [entry.partition("=") for entry in arguments.folders]
    if not all(folder for _, _, folder in pairs):
        parser.error("say NAME=FOLDER for every run")
    results = {name: json.loads((Path(folder) / "benchmark.json").read_text()) for name, _, folder in pairs}
    if joint := [name for name, result in results.items() if "networks" in result]:
        parser.error(f"{joint[0]} is of several networks; give the folder of one of them")
    if arguments.images:
        for name, _, folder in pairs:
            _over_images(results[name]["benchmark"], Path(folder) / "benchmark_per_image.csv", arguments.error)
    methods = {method: row for result in reversed(results.values()) for method, row in result["benchmark"].items()}
    order = [*results[next(iter(results))]["benchmark"], *methods]
    heads = [f"{name}: {_units(result)}" for name, result in results.items()]
    print(f"| method | cost | {' | '.join(heads)} |")
    print(f"|---|---:|{'---:|' * len(heads)}")
    for method in dict.fromkeys(order):
        row = methods[method]
        cells = [_cell(result["benchmark"].get(method), arguments.error) for result in results.values()]
        print(f"| {method} | {row['cost']:.2f} | {' | '.join(cells)} |")


def _units(result: dict[str, Any]) -> str:
    known = result["intervals"]
    return f"{result['images']} images, {known['units']} {known['unit']}{'s' if known['units'] > 1 else ''}"


def _over_images(methods: dict[str, Any], file: Path, error: str) -> None:
    """Give rows of a result intervals over images, of AUSE and of the difference to the best."""
    known = [name for name, row in methods.items() if row[f"ause_{error}"] is not None]
    with file.open() as opened:
        rows = [row for row in csv.DictReader(opened) if not row["left_out"]]
    values = torch.tensor([[float(row[f"{name}/ause_{error}"]) for name in known] for row in rows], dtype=torch.float64)
    best = known.index(min(known, key=lambda name: methods[name][f"ause_{error}"]))
    found = Resampling([None] * len(rows)).of_means(torch.cat((values, values - values[:, best : best + 1]), 1))
    for name, own, behind in zip(known, found[: len(known)], found[len(known) :], strict=True):
        for what, interval in (("ause", own), ("behind", behind)):
            methods[name] |= {f"{what}_{error}_low": interval.low, f"{what}_{error}_high": interval.high}


def _cell(row: dict[str, Any] | None, error: str) -> str:
    if row is None or row[f"ause_{error}"] is None:
        return "-"
    value, behind = row[f"ause_{error}"], row[f"behind_{error}"]
    digits = 4 if error == "abs_rel" else 3
    low, high = (row.get(f"ause_{error}_{end}") for end in ("low", "high"))
    text = f"{value:.{digits}f}"
    ends = [row.get(f"behind_{error}_{end}") for end in ("low", "high")]
    is_best = ends[0] <= 0 if ends[0] is not None else behind == 0
    text = f"**{text}**" if is_best else text
    return text if low is None else f"{text} [{low:.{digits - 1}f}, {high:.{digits - 1}f}]"


if __name__ == "__main__":
    main()

"""The table of docs/scoring.md from the results of `infer.py evaluate ... uncertainty=scoring_study`.

    python benchmarks/scoring_table.py NAME=FOLDER [NAME=FOLDER ...] [--error abs_rel] [--only SCORE ...]

Every cell: AUSE and its change against `published` in per cent. FOLDER is the `output` of a run.
"""

import argparse
import json
from pathlib import Path


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--error", default="abs_rel", choices=("abs_rel", "rmse", "a1"))
    parser.add_argument("--only", nargs="+", metavar="SCORE", help="default: all")
    arguments = parser.parse_args()
    pairs = [entry.partition("=") for entry in arguments.folders]
    if not all(folder for _, _, folder in pairs):
        parser.error("say NAME=FOLDER for every run")
    results = {name: _read(Path(folder)) for name, _, folder in pairs}
    first = next(iter(results.values()))
    print(f"| score | cost | {' | '.join(results)} |")
    print(f"|---|---|{'---|' * len(results)}")
    for score in arguments.only or first:
        values = first[score]
        cells = [_cell(result[score], result["published"], f"ause_{arguments.error}") for result in results.values()]
        print(f"| {score} | {values['cost']:.2f} | {' | '.join(cells)} |")


def _read(folder: Path) -> dict[str, dict[str, float]]:
    return json.loads((folder / "metrics.json").read_text())["uncertainty"]


def _cell(values: dict[str, float], published: dict[str, float], key: str) -> str:
    change = 100 * (values[key] / published[key] - 1)
    return f"{values[key]:.4f} ({change:+.1f}%)"


if __name__ == "__main__":
    main()

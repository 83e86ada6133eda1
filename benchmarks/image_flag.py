"""Does the mean score of an image tell how wrong its depth is? From results of `infer.py benchmark`.

    python benchmarks/image_flag.py FOLDER [FOLDER ...]

For each method, over the images: Spearman's rank correlation of the mean score with abs_rel, its 95% interval over
2,000 draws of scenes, and the mean abs_rel of the fifth of the images with the largest scores, relative to that of the
other images. The normalised maps of gradient scores have no level and are left out by name.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gradunc.metrics.correlation import spearman

DRAWS, SHARE = 2000, 0.2
LEVELLESS = ("gradient", "trivial")
"""Beginnings of names whose scores are normalised per image, or look at no image."""


def rows_of(folder: Path) -> tuple[list[str], dict[str, NDArray[np.float64]]]:
    """Scene of each image, and abs_rel and the mean scores by name."""
    with (folder / "benchmark_per_image.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["abs_rel"]]
    names = [key for key in rows[0] if key == "abs_rel" or key.endswith("/score")]
    values = {name: np.array([float(row[name] or "nan") for row in rows]) for name in names}
    return [row.get("scene") or row["image"] for row in rows], values


def correlation(score: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Spearman's, of (n,) and (n,)."""
    return float(spearman(torch.from_numpy(error), torch.from_numpy(score)))


def interval(score: NDArray[np.float64], error: NDArray[np.float64], scenes: list[str]) -> str:
    """Of the correlation, over scenes; "" with fewer than five."""
    members = [np.flatnonzero(np.array(scenes) == scene) for scene in sorted(set(scenes))]
    if len(members) < 5:
        return ""
    generator = np.random.default_rng(0)
    drawn = (
        np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))]) for _ in range(DRAWS)
    )
    found = [correlation(score[one], error[one]) for one in drawn]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return f" [{low:+.2f}, {high:+.2f}]"


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    print("| data | images, scenes | score | correlation | flagged fifth |", "|---|---:|---|---:|---:|", sep="\n")
    for folder in parser.parse_args().folders:
        scenes, values = rows_of(folder)
        error = values.pop("abs_rel")
        for key, score in values.items():
            name = key.removesuffix("/score")
            if name.startswith(LEVELLESS) or not np.isfinite(score).all():
                continue
            flagged = np.argsort(-score)[: max(1, round(SHARE * len(score)))]
            lift = error[flagged].mean() / np.delete(error, flagged).mean()
            rho = correlation(score, error)
            counts = f"{len(error)}, {len(set(scenes))}"
            print(f"| {folder.name} | {counts} | {name} | {rho:+.2f}{interval(score, error, scenes)} | {lift:.2f} |")


if __name__ == "__main__":
    main()

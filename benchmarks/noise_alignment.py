"""How far rounding moves ensembles over noise: members are merged as they are, and with 1e-6 of noise added.

    python benchmarks/noise_alignment.py [--size 576x768 --members 10 --seeds 5]

Members are smooth random depth maps in [0,1], which differ by a factor, a shift and smooth noise of a tenth.
"""

import argparse
import time

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.types import OutputSpace
from gradunc.uncertainty.empirical.merging import merge

AFFINE = OutputSpace("depth", "affine")
ROUNDING = 1e-6


def smooth(size: tuple[int, int]) -> Tensor:
    """(1,1,H,W) in [0,1]."""
    return interpolate(torch.rand(1, 1, 6, 8), size, mode="bilinear")


def members_of(seed: int, count: int, size: tuple[int, int]) -> Tensor:
    """(N,1,H,W)."""
    torch.manual_seed(seed)
    depth = smooth(size)
    each = [(0.7 + 0.1 * torch.rand(1)) * depth + 0.1 * torch.rand(1) + 0.1 * smooth(size) for _ in range(count)]
    return torch.cat(each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="96x128")
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    height, width = (int(side) for side in options.size.split("x"))
    print("| iterations | seed | s | mean uncertainty | changes by, mean | largest | depth changes by, largest |")
    for iterations in (2, 0):
        for seed in range(options.seeds):
            members = members_of(seed, options.members, (height, width))
            start = time.perf_counter()
            depth, found = merge(members, AFFINE, "median", iterations)
            seconds = time.perf_counter() - start
            moved, other = merge(members + ROUNDING * torch.randn_like(members), AFFINE, "median", iterations)
            change = (other - found).abs()
            numbers = (found.mean(), change.mean(), change.max(), (moved - depth).abs().max())
            told = " | ".join(f"{float(number):.2g}" for number in numbers)
            print(f"| {iterations} | {seed} | {seconds:.1f} | {told} |", flush=True)


if __name__ == "__main__":
    main()

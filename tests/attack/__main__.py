"""`python -m tests.attack`: as many cases as wanted, a count of what came of them, and every finding."""

import argparse
import json
import random
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import torch

from tests.attack.case import Outcome, attempt
from tests.attack.categories import CATEGORIES
from tests.attack.originals import write_originals
from tests.attack.processes import Case, attack

BLOCK = 200
"""Cases of one job; a job is one fork, if nothing ends it."""


def cases(count: int, seed: int, names: Iterable[str]) -> list[Case]:
    """`count` cases, shared out among the categories; each run of a seed has the same."""
    chosen = sorted(names)
    drawn = random.Random(seed).choices(chosen, [CATEGORIES[name].share for name in chosen], k=count)
    return [(name, seed * 10_000_000 + i) for i, name in enumerate(drawn)]


def main() -> int:
    """Run; the exit code is 1 if anything was found."""
    options = _options()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    names = options.categories.split(",") if options.categories else list(CATEGORIES)
    with tempfile.TemporaryDirectory(prefix="gradunc-attack-", dir=options.folder) as folder:
        originals = write_originals(Path(folder) / "originals")
        if options.case is not None:
            print(attempt(names[0], CATEGORIES[names[0]].trial, options.case, Path(folder), originals))
            return 0
        outcomes = _all(cases(options.cases, options.seed, names), Path(folder), originals, options)
    return _report(outcomes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--categories", help=f"some of {','.join(CATEGORIES)}; default: all")
    parser.add_argument("--case", type=int, help="try one case of one category again, in this process")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="for the cases; a RAM disk is faster")
    parser.add_argument("--findings", type=Path, help="JSON lines of what was found")
    return parser.parse_args()


def _all(every: list[Case], folder: Path, originals: Path, options: argparse.Namespace) -> list[Outcome]:
    blocks = [every[i : i + BLOCK] for i in range(0, len(every), BLOCK)]
    found: list[Outcome] = []
    # Not multiprocessing.Pool, whose processes may have no children.
    with ProcessPoolExecutor(options.workers, get_context("fork"), _start, (folder, originals)) as pool:
        for outcomes in pool.map(_block, blocks):
            found += outcomes
            bad = [outcome for outcome in outcomes if not outcome.fine]
            if bad and options.findings:
                with options.findings.open("a") as file:
                    file.writelines(json.dumps(asdict(one)) + "\n" for one in bad)
            total = sum(not outcome.fine for outcome in found)
            print(f"\r{len(found)} of {len(every)} cases, {total} findings", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


_PLACES: list[Path] = []


def _start(folder: Path, originals: Path) -> None:
    _PLACES[:] = [folder, originals]


def _block(block: list[Case]) -> list[Outcome]:
    folder, originals = _PLACES
    return list(attack(block, {name: one.trial for name, one in CATEGORIES.items()}, folder / "cases", originals))


def _report(outcomes: list[Outcome]) -> int:
    for name in CATEGORIES:
        counts = Counter(outcome.kind for outcome in outcomes if outcome.category == name)
        if counts:
            print(f"{name:12} {counts.total():7} ", ", ".join(f"{kind} {n}" for kind, n in counts.most_common()))
    bad = [outcome for outcome in outcomes if not outcome.fine]
    groups = Counter((one.category, one.kind, one.text[-120:]) for one in bad)
    for (category, kind, text), n in groups.most_common(60):
        example = next(one for one in bad if (one.category, one.kind, one.text[-120:]) == (category, kind, text))
        print(f"{n:5} {category} {kind} seed {example.seed}: {example.text[:300]}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    last = f"slowest {slowest.seconds:.1f} s: {slowest.category} {slowest.seed}"
    print(f"{len(outcomes)} cases, {len(bad)} findings; {last}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

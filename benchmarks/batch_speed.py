"""Images a second of CPU time by `batch=`, one thread: `python benchmarks/batch_speed.py [CHECKPOINT:HxW ...]`.

CPU time and not the clock, so that other work on the machine does not count; the best of five rounds of 16 images.
"""

import sys
import time
from collections.abc import Callable

import torch

from gradunc import GradientUncertainty, load_model
from gradunc.prediction.maps import maps_of_batch
from gradunc.types import UncertaintyEstimator

BATCHES = (1, 2, 4, 8)


def rate(work: Callable[[], object], images: int) -> float:
    """Images a second."""
    work()
    best = 0.0
    for _ in range(5):
        begin = time.process_time()
        rounds = max(1, 16 // images)
        for _ in range(rounds):
            work()
        best = max(best, rounds * images / (time.process_time() - begin))
    return best


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(f"| network | uncertainty | {' | '.join(f'batch={batch}' for batch in BATCHES)} |")
    for argument in sys.argv[1:] or ["sample:64x224"]:
        checkpoint, _, size = argument.rpartition(":")
        height, width = map(int, size.split("x"))
        model = load_model(checkpoint)
        for name in ("none", "gradient"):
            rates = []
            for batch in BATCHES:
                images = torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(0))
                gradient = GradientUncertainty.recommended(model, chunk=batch, reference_check="off")
                estimators: dict[str, UncertaintyEstimator] = {"gradient": gradient} if name == "gradient" else {}
                rates.append(rate(lambda: maps_of_batch(images, model, estimators, None), batch))  # noqa: B023
            print(f"| {checkpoint} {size} | {name} | {' | '.join(f'{one:.3g}' for one in rates)} |", flush=True)


if __name__ == "__main__":
    main()

"""Samples per second of one core: the customary pipeline beside ours, without and with the cache of resized frames.

    python benchmarks/loading.py [--repeats 11] [--size 192x640] [--device cpu]

A sample is a frame with the one before and the one after it, JPEG 1242x375 (KITTI's frames in $GRADUNC_DATA, as JPEG
of quality 92, else drawn here). Both pipelines are run by turns in this process, on one thread, and end with a collated
batch; files are in memory after the first round. The customary one makes four scales and jitters colours on the way;
ours leaves that to the training device, whose part is timed by itself (on a CPU it takes the same core's time).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import customary
import numpy as np
import torch
from PIL import Image
from torch.utils.data import default_collate

from gradunc.data.loading.augmentation import augment, sample_draws
from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import to_float
from gradunc.data.recorded.frame_cache import CachedFrames
from gradunc.data.recorded.frames import Frame, FrameDataset, ImageFile
from gradunc.ops.devices import synchronize

BATCH = 4
"""Samples of one measurement: one each of mirrored or not, jittered or not, the mean of the published odds."""
VARIANTS = ((False, False), (False, True), (True, False), (True, True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11, help="rounds, after two of warming up")
    parser.add_argument("--size", default="192x640", help="HxW of the network")
    parser.add_argument("--device", default="cpu", help="of the augmentation")
    arguments = parser.parse_args()
    if arguments.repeats < 7:
        parser.error("--repeats must be at least 7: a median of fewer says little")
    height, width = (int(part) for part in arguments.size.split("x"))
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        files, origin = frames(Path(folder))
        print(f"{len(files)} frames, {origin}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        measure(files, (height, width), Path(folder) / "cache", arguments.repeats, torch.device(arguments.device))


def frames(folder: Path) -> tuple[list[Path], str]:
    """JPEGs of consecutive frames, and where they are from."""
    found = sorted(Path(os.environ.get("GRADUNC_DATA", "/none")).glob("kitti_raw/*/*/image_02/data/*"))
    pictures = [Image.open(path).convert("RGB") for path in found] or [_drawn(seed) for seed in range(10)]
    files = []
    for number, picture in enumerate(pictures):
        files.append(folder / f"{number}.jpg")
        picture.save(files[-1], quality=92, subsampling="4:2:0")
    size = "x".join(str(side) for side in pictures[0].size)
    kilobytes = sum(path.stat().st_size for path in files) / len(files) / 1000
    return files, f"{'KITTI' if found else 'drawn'} {size}, JPEG of {kilobytes:.0f} kB"


def _drawn(seed: int) -> Image.Image:
    """A picture with coarse and fine detail."""
    draw = np.random.default_rng(seed)
    layers = [(12, 40, 120), (47, 155, 60), (375, 1242, 30)]
    total = np.full((375, 1242, 3), 120.0)
    for rows, columns, strength in layers:
        noise = Image.fromarray(draw.integers(0, 256, (rows, columns, 3), dtype=np.uint8))
        total += (np.asarray(noise.resize((1242, 375), Image.Resampling.BICUBIC), dtype=float) / 255 - 0.5) * strength
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


def measure(files: list[Path], size: tuple[int, int], cache: Path, repeats: int, device: torch.device) -> None:
    """Time all pipelines by turns and print medians and quartiles."""
    triplets = list(zip(files[1:-1], files[:-2], files[2:], strict=True))
    ours = FrameDataset(
        [Frame(ImageFile(target), "one", sources=(ImageFile(a), ImageFile(b))) for target, a, b in triplets], size
    )
    cached = CachedFrames(ours, cache)
    cached.prepare(progress=False)
    turn = cycle(range(len(triplets)))

    def published() -> object:
        return default_collate(
            [
                customary.load(triplets[next(turn)], size, mirrored=mirrored, jittered=jittered)
                for mirrored, jittered in VARIANTS
            ]
        )

    batch = collate([ours[i % len(ours)] for i in range(BATCH)])
    on_device = {key: value.to(device) for key, value in batch.items() if isinstance(value, torch.Tensor)}
    draws = sample_draws(0, 0, range(BATCH))
    draws[:, 0] = torch.tensor([1 - mirrored for mirrored, _ in VARIANTS])
    draws[:, 1] = torch.tensor([1 - jittered for _, jittered in VARIANTS])

    times = rounds(
        {
            "customary": published,
            "ours": lambda: collate([ours[next(turn)] for _ in range(BATCH)]),
            "ours, cached": lambda: collate([cached[next(turn)] for _ in range(BATCH)]),
            f"augmentation on {device}": lambda: augment(to_float(on_device), draws),  # pyright: ignore[reportArgumentType]
        },
        repeats,
        device,
    )
    report(times)


def rounds(
    runs: dict[str, Callable[[], object]], repeats: int, device: torch.device
) -> dict[str, list[tuple[float, float]]]:
    """(Wall, processor) milliseconds per sample of every run in every round, one call of each per round."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(repeats + 2):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            synchronize(device)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            if number >= 2:
                times[name].append((1000 * wall / BATCH, 1000 * processor / BATCH))
    return times


def report(times: dict[str, list[tuple[float, float]]]) -> None:
    """Print a line for each."""
    slowest = times["customary"]
    print(
        f"{'ms per sample':24} {'median':>8} {'quartiles':>17} {'processor':>10} {'samples/s':>10} {'times faster':>13}"
    )
    for name, values in times.items():
        walls, processors = zip(*values, strict=True)
        low, median, high = statistics.quantiles(walls, n=4)
        ratio = statistics.median(one[0] / other[0] for one, other in zip(slowest, values, strict=True))
        faster = f"{ratio:.1f}" if name.startswith("ours") else ""
        print(
            f"{name:24} {median:8.2f} {f'{low:.2f} - {high:.2f}':>17} {statistics.median(processors):10.2f} "
            f"{1000 / median:10.1f} {faster:>13}"
        )


if __name__ == "__main__":
    main()

"""Cost of `GradientUncertainty.estimate` in plain forward passes of the same network.

The denominator is `model(image)` under inference_mode, finest head only, in the faster of contiguous and
channels_last. Both sides are timed in turn (interleaved), so that a busy machine slows both alike; medians of the
repetitions are printed, and their ratio.

    python benchmarks/gradient_cost.py [--encoder resnet18] [--size 192x640] [--batch 1] [--repeats 9]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from gradunc import DepthModel, GradientUncertainty, ModelSettings, build_model

LAYER = "decoder.blocks.6.conv"


def main() -> None:
    """Measure and print one table."""
    arguments = _arguments()
    height, width = (int(part) for part in arguments.size.split("x"))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    contiguous = _model(arguments.encoder, height, width, device)
    channels_last = _model(arguments.encoder, height, width, device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    image = torch.rand(arguments.batch, 3, height, width, device=device)
    image_last = image.to(memory_format=torch.channels_last)
    estimator = GradientUncertainty(contiguous, [LAYER])
    estimator_last = GradientUncertainty(channels_last, [LAYER])
    runs: dict[str, Callable[[], object]] = {
        "forward, contiguous": lambda: _forward(contiguous, image),
        "forward, channels_last": lambda: _forward(channels_last, image_last),
        "estimate, contiguous": lambda: estimator.estimate(image),
        "estimate, channels_last": lambda: estimator_last.estimate(image_last),
    }
    times = interleaved(runs, arguments.repeats, device)
    plain = min(times["forward, contiguous"], times["forward, channels_last"])
    print(f"{arguments.encoder} {height}x{width}, batch {arguments.batch}, {device}, {torch.get_num_threads()} threads")
    print(f"torch {torch.__version__}, layer {LAYER}, reference flip, median of {arguments.repeats}")
    for name, seconds in times.items():
        print(f"  {name:<26} {1000 * seconds:8.1f} ms   {seconds / plain:5.2f} plain forwards")


def interleaved(runs: dict[str, Callable[[], object]], repeats: int, device: torch.device) -> dict[str, float]:
    """Median seconds of every run, one call of each per round, after two rounds of warming up."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for round_number in range(repeats + 2):
        for name, run in runs.items():
            _synchronize(device)
            start = time.perf_counter()
            run()
            _synchronize(device)
            if round_number >= 2:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


@torch.inference_mode()
def _forward(model: DepthModel, image: torch.Tensor) -> torch.Tensor:
    return model(image).depth


def _model(encoder: str, height: int, width: int, device: torch.device) -> DepthModel:
    return build_model(ModelSettings(encoder=encoder, size=[height, width])).to(device).eval()


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", default="resnet18", help="timm backbone")
    parser.add_argument("--size", default="192x640", help="HxW")
    parser.add_argument("--batch", type=int, default=1, help="images")
    parser.add_argument("--repeats", type=int, default=9, help="timed rounds, at least 7")
    arguments = parser.parse_args()
    if arguments.repeats < 7:
        parser.error(f"--repeats {arguments.repeats}: a median of fewer than 7 rounds says little")
    return arguments


if __name__ == "__main__":
    main()

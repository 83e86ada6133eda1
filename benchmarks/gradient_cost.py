"""Cost of gradient uncertainty in plain forward passes of the same network, time and memory.

The denominator is `model(image)` under inference_mode, finest head only, same batch and precision, in the faster of
contiguous and channels_last. All runs take turns, so that a busy machine slows them alike.

    python benchmarks/gradient_cost.py [--encoder resnet18] [--size 192x640] [--batch 8] [--repeats 9] [--threads 2]
    python benchmarks/gradient_cost.py --checkpoint MODEL --images GLOB  # bf16 against float32, of a trained network

Compiled and exported estimators: benchmarks/export_cost.py.
"""

import argparse
from collections.abc import Callable
from copy import deepcopy

import torch
from stages import print_stages
from timing import Runs, interleaved
from torch import Tensor

from gradunc import DepthModel, GradientUncertainty, Monodepth2Settings, UncertaintyEstimate, build_model, load_model
from gradunc.data.image_files import resize_image
from gradunc.data.inputs import open_images
from gradunc.ops.memory import peak_bytes
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map, to_image
from gradunc.uncertainty.gradient.reductions import CHANNELS

TEN = "decoder.blocks.*.conv"


def main() -> None:
    """Measure and print the tables."""
    arguments = _arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.checkpoint:
        _agreement(load_model(arguments.checkpoint), arguments.images)
        return
    height, width = (int(part) for part in arguments.size.split("x"))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    model = build_model(Monodepth2Settings(encoder=arguments.encoder, size=[height, width])).to(device).eval()
    image = torch.rand(1, 3, height, width, device=device)
    threads = torch.get_num_threads()
    print(f"{arguments.encoder} {height}x{width}, {device}, {threads} threads, torch {torch.__version__}")
    _time_one(model, image, arguments.repeats)
    _time_batch(model, torch.rand(arguments.batch, 3, height, width, device=device), arguments.repeats)
    _time_bfloat16(model, image, arguments.repeats)
    _memory(model, image, torch.rand(arguments.batch, 3, height, width, device=device))
    print_stages(model, image, arguments.repeats)


def _plain(model: DepthModel, image: Tensor) -> Callable[[], object]:
    @torch.inference_mode()
    def forward() -> Tensor:
        return model(image).depth

    return forward


def _estimators(model: DepthModel) -> dict[str, Callable[[Tensor], object]]:
    return {
        "layer 6, flip (published)": GradientUncertainty(model).estimate,
        "layer 6, feature_flip": GradientUncertainty(model, reference="feature_flip").estimate,
        "layer 6, feature_noise": GradientUncertainty(model, reference="feature_noise").estimate,
        "ten layers, flip, std": GradientUncertainty(model, TEN).estimate,
        "ten layers x five reductions": _Every(GradientUncertainty(model, TEN)).maps,
        "recommended": GradientUncertainty.recommended(model).estimate,
    }


class _Every:
    """The maps of all layers and channel reductions from one backward pass, as the layer study makes them."""

    def __init__(self, estimator: GradientUncertainty) -> None:
        self.estimator = estimator

    def maps(self, image: Tensor) -> list[Tensor]:
        def reduce(gradient: Tensor) -> list[LayerMap]:
            layer = layer_map(gradient, image, self.estimator.model)
            return [layer._replace(values=channels(layer.values)) for channels in CHANNELS.values()]

        size = (image.shape[-2], image.shape[-1])
        parts = self.estimator.gradients(image, reduce)
        return [to_image(one, size) for part in parts for layers in part.layers.values() for one in layers]


def _time_one(model: DepthModel, image: Tensor, repeats: int) -> None:
    other = deepcopy(model).to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    last = image.contiguous(memory_format=torch.channels_last)
    runs: Runs = {"plain, contiguous": _plain(other, image), "plain, channels_last": _plain(model, last)}
    for name, estimate in _estimators(model).items():
        runs[name] = lambda estimate=estimate: estimate(image)
    runs["layer 6, flip, contiguous weights"] = lambda: GradientUncertainty(other).estimate(image)
    times = interleaved(runs, repeats, image.device)
    plain = min(times["plain, contiguous"], times["plain, channels_last"])
    _print("batch 1", times, plain)


def _time_batch(model: DepthModel, batch: Tensor, repeats: int) -> None:
    last = batch.contiguous(memory_format=torch.channels_last)
    runs: Runs = {"plain": _plain(model, last), "layer 6, flip": lambda: GradientUncertainty(model).estimate(batch)}
    for chunk in (2, len(batch)):
        estimator = GradientUncertainty(model, chunk=chunk)
        runs[f"layer 6, flip, chunk={chunk}"] = lambda estimator=estimator: estimator.estimate(batch)
    times = interleaved(runs, repeats, batch.device)
    _print(f"batch {len(batch)}", times, times["plain"])


def _time_bfloat16(model: DepthModel, image: Tensor, repeats: int) -> None:
    estimator = GradientUncertainty(model)
    last = image.contiguous(memory_format=torch.channels_last)

    def autocast(run: Callable[[], object]) -> Callable[[], object]:
        def wrapped() -> object:
            with torch.autocast(image.device.type, torch.bfloat16):
                return run()

        return wrapped

    runs: Runs = {
        "plain, bf16": autocast(_plain(model, last)),
        "layer 6, flip, bf16": autocast(lambda: estimator.estimate(image)),
    }
    times = interleaved(runs, repeats, image.device)
    _print("bf16 autocast", times, times["plain, bf16"])
    exact = estimator.estimate(image)
    rounded = runs["layer 6, flip, bf16"]()
    assert isinstance(rounded, UncertaintyEstimate)
    print(f"  rank correlation with float32: {rank_correlation(exact.uncertainty, rounded.uncertainty):.4f}")


def _agreement(model: DepthModel, images: str) -> None:
    """How well the order of pixels under bf16 autocast agrees with that in float32."""
    estimators = {
        "published": GradientUncertainty(model, "auto"),
        "feature_flip": GradientUncertainty(model, "auto", "feature_flip"),
        "recommended": GradientUncertainty.recommended(model),
    }
    found_images = open_images(images)
    print(f"rank correlation of bf16 with float32: smallest and mean of {found_images.total} images")
    for name, estimator in estimators.items():
        found = []
        for one in found_images:
            image = resize_image(one.read(), model.size)[None]
            exact = estimator.estimate(image).uncertainty
            with torch.autocast("cpu", torch.bfloat16):
                found.append(rank_correlation(exact, estimator.estimate(image).uncertainty))
        print(f"  {name:<36} {min(found):.4f}   {sum(found) / len(found):.4f}")


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's, of two maps."""
    ranks = [values.flatten().argsort().argsort().double() for values in (a, b)]
    return torch.corrcoef(torch.stack(ranks))[0, 1].item()


def _memory(model: DepthModel, image: Tensor, batch: Tensor) -> None:
    print("\npeak of live tensors without weights and images [MB] and in plain forwards")
    for pixels in (image, batch):
        plain = peak_bytes(_plain(model, pixels), image.device)
        print(f"  batch {len(pixels)}: {'plain':<30} {plain / 1e6:8.1f}")
        for name, estimate in _estimators(model).items():
            peak = peak_bytes(lambda estimate=estimate, pixels=pixels: estimate(pixels), image.device)
            print(f"  batch {len(pixels)}: {name:<30} {peak / 1e6:8.1f}   {peak / plain:5.2f}")


def _print(title: str, times: dict[str, float], plain: float) -> None:
    print(f"\n{title}: median milliseconds and plain forwards")
    for name, seconds in times.items():
        print(f"  {name:<36} {1000 * seconds:8.1f}   {seconds / plain:5.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", default="resnet18", help="timm backbone")
    parser.add_argument("--size", default="192x640", help="HxW")
    parser.add_argument("--batch", type=int, default=8, help="images of the second table")
    parser.add_argument("--repeats", type=int, default=9, help="timed rounds, at least 7")
    parser.add_argument("--threads", type=int, default=0, help="0 = PyTorch's choice")
    parser.add_argument("--checkpoint", help="a trained network, whose bf16 estimates are compared with float32")
    parser.add_argument("--images", help="of --checkpoint: file, folder or glob")
    arguments = parser.parse_args()
    if bool(arguments.checkpoint) != bool(arguments.images):
        parser.error("--checkpoint and --images go together")
    if arguments.repeats < 7:
        parser.error(f"--repeats {arguments.repeats}: a median of fewer than 7 rounds says little")
    return arguments


if __name__ == "__main__":
    main()

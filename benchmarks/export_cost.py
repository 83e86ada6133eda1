"""Cost of an exported estimate in exported plain forward passes of the same network, both in onnxruntime.

Eager (and, if asked for, TorchInductor) is timed beside, in turn, so that a busy machine slows all alike; medians of
the repetitions are printed, and their ratio to the plain forward of the same runtime.

    python benchmarks/export_cost.py [--size 192x640] [--repeats 9] [--references flip feature_flip] [--compiled]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from timing import Runs, interleaved

from gradunc import DepthModel, GradientUncertainty, Monodepth2Settings, build_model
from gradunc.export import compile_estimator, export_estimator
from gradunc.export.trace import record


def main() -> None:
    """Measure and print one table."""
    arguments = _arguments()
    height, width = (int(part) for part in arguments.size.split("x"))
    torch.manual_seed(0)
    model = build_model(Monodepth2Settings(encoder=arguments.encoder, size=[height, width])).eval()
    image = torch.rand(1, 3, height, width)
    with tempfile.TemporaryDirectory() as folder:
        runs = _plain(model, image, Path(folder))
        for reference in arguments.references:
            runs |= _estimates(model, image, Path(folder), reference)
        if arguments.compiled:
            runs |= _compiled(model, image, arguments.references)
    times = interleaved(runs, arguments.repeats, torch.device("cpu"))
    print(f"{arguments.encoder} {height}x{width}, batch 1, CPU, {torch.get_num_threads()} threads")
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, median of {arguments.repeats}")
    for name, seconds in times.items():
        plain = times[f"{name.split()[0]} plain"]
        print(f"  {name:<28} {1000 * seconds:8.1f} ms   {seconds / plain:5.2f} plain forwards")


def _plain(model: DepthModel, image: torch.Tensor, folder: Path) -> Runs:
    def depth(image: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model(image).depth

    graph = record(depth, image)
    program = torch.onnx.export(torch.export.export(graph, (image,)), dynamo=True, verbose=False)
    assert program is not None, "without a path, the exporter returns its program"
    program.save(folder / "plain.onnx")
    return {
        "onnx plain": _session(folder / "plain.onnx", image),
        "eager plain": torch.inference_mode()(lambda: model(image).depth),
    }


def _estimates(model: DepthModel, image: torch.Tensor, folder: Path, reference: str) -> Runs:
    estimator, path = GradientUncertainty(model, reference=reference), folder / f"{reference}.onnx"
    _timed(f"exporting {reference}", lambda: export_estimator(estimator, path, (image.shape[-2], image.shape[-1])))
    return {f"onnx {reference}": _session(path, image), f"eager {reference}": lambda: estimator.estimate(image)}


def _compiled(model: DepthModel, image: torch.Tensor, references: list[str]) -> Runs:
    plain = torch.compile(lambda image: model(image).depth, fullgraph=True)
    runs: Runs = {"compiled plain": torch.no_grad()(lambda: plain(image))}
    for reference in references:
        compiled = compile_estimator(
            GradientUncertainty(model, reference=reference), (image.shape[-2], image.shape[-1])
        )
        runs[f"compiled {reference}"] = lambda compiled=compiled: compiled(image)
    for name, run in runs.items():
        _timed(f"first call of {name}", run)
    return runs


def _session(path: Path, image: torch.Tensor) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name, values = session.get_inputs()[0].name, np.ascontiguousarray(image.numpy())
    return lambda: session.run(None, {name: values})


def _timed(what: str, run: Callable[[], object]) -> None:
    start = time.perf_counter()
    run()
    print(f"{what}: {time.perf_counter() - start:.1f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", default="resnet18", help="timm backbone")
    parser.add_argument("--size", default="192x640", help="HxW")
    parser.add_argument("--repeats", type=int, default=9, help="timed rounds, at least 7")
    parser.add_argument("--references", nargs="+", default=["flip", "feature_flip"], help="names of references")
    parser.add_argument("--compiled", action="store_true", help="TorchInductor too; compiling takes minutes")
    arguments = parser.parse_args()
    if arguments.repeats < 7:
        parser.error(f"--repeats {arguments.repeats}: a median of fewer than 7 rounds says little")
    return arguments


if __name__ == "__main__":
    main()

"""Files that other programs run: agreement, metadata, and nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.export import Agreement, export_estimator, files, formats
from gradunc.uncertainty import GradientUncertainty
from tests.export.test_trace import Sampled, assert_same
from tests.helpers import files_in, random_images
from tests.uncertainty.networks import Chain, Pyramid

pytestmark = pytest.mark.slow

SIZE = (13, 22)

STRANGER = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "gradunc", "onnx", "onnxscript"):
            raise ImportError(name + " is not installed here")

sys.meta_path.insert(0, Nothing())
import numpy, onnxruntime

path, image, result = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
depth, uncertainty = session.run(["depth", "uncertainty"], {"image": numpy.load(image)})
assert not {"torch", "gradunc"} & set(sys.modules)
numpy.savez(result, depth=depth, uncertainty=uncertainty)
"""


def pyramid(**settings) -> GradientUncertainty:
    return GradientUncertainty(Pyramid(), **({"layers": "fuse"} | settings))


def test_onnx_on_a_machine_without_torch_and_gradunc(resnet, exported, tmp_path):
    image = random_images(1, 60, 90, seed=7)
    np.save(tmp_path / "image.npy", image.numpy())
    command = [sys.executable, "-c", STRANGER, str(exported.path), "image.npy", "result.npz"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    result = np.load(tmp_path / "result.npz")
    outputs = (torch.as_tensor(result["depth"]), torch.as_tensor(result["uncertainty"]))
    assert_same(lambda _: outputs, GradientUncertainty(resnet), image)


def test_agreement_is_reported(exported):
    assert exported.size == (60, 90)
    assert 0 <= exported.agreement.depth < 1e-4
    assert 0 <= exported.agreement.uncertainty < 1e-3


def test_one_file_with_one_input_and_two_outputs(exported):
    assert files_in(exported.path.parent) == {"flip.onnx"}
    model = onnx.load(exported.path)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    assert [(value.name, value.shape) for value in session.get_inputs()] == [("image", [1, 3, 60, 90])]
    shapes = [(value.name, value.shape) for value in session.get_outputs()]
    assert shapes == [("depth", [1, 1, 60, 90]), ("uncertainty", [1, 1, 60, 90])]


EXPECTED = {
    "size": [60, 90],
    "output_space": {"quantity": "depth", "ambiguity": "scale", "unit": "arbitrary (up to scale)"},
    "estimator": {"reference": "flip", "layers": ["decoder.blocks.6.conv"]},
    "checkpoint": "runs/demo",
    "torch": torch.__version__,
}


def test_metadata_of_onnx(exported):
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    stored = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
    assert stored.items() >= EXPECTED.items()
    assert "higher = worse" in stored["polarity"]
    assert "gradunc" in stored


def test_pt2(tmp_path):
    estimator = pyramid(reference="gray")
    exported = export_estimator(estimator, tmp_path / "new" / "gray.pt2", SIZE, checkpoint="x")
    assert files_in(tmp_path) == {"new/gray.pt2"}
    extra = {"size": "", "checkpoint": "", "estimator": ""}
    program = torch.export.load(exported.path, extra_files=extra)
    assert_same(program.module(), estimator, random_images(1, *SIZE))
    stored = {key: json.loads(value) for key, value in extra.items()}
    assert stored.items() >= {"size": list(SIZE), "checkpoint": "x", "estimator": {"layers": ["fuse"]}}.items()


def test_size_of_the_model_is_the_default(tmp_path):
    estimator = pyramid()
    with pytest.raises(InputError, match=r"does not say its size; give size=\(height, width\)"):
        export_estimator(estimator, tmp_path / "x.pt2")
    estimator.model.size = 64  # of its features, for example
    with pytest.raises(InputError, match="does not say its size"):
        export_estimator(estimator, tmp_path / "x.pt2")
    estimator.model.size = SIZE
    assert export_estimator(estimator, tmp_path / "x.pt2").size == SIZE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.pth", "must end with .onnx or .pt2"),
        ("x", "must end with .onnx or .pt2"),
        ("folder.onnx", "is a folder; give the name of a file"),
        ("file/x.onnx", "cannot write to"),
    ],
)
def test_wrong_target(tmp_path, name, message):
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message):
        export_estimator(pyramid(), tmp_path / name, SIZE)
    assert files_in(tmp_path) == {"file"}


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_missing_package(tmp_path, monkeypatch, package):
    find = files.find_spec
    monkeypatch.setattr(files, "find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(InputError, match=rf"needs the package {package}: pip install 'gradunc\[onnx\]'"):
        export_estimator(pyramid(), tmp_path / "x.onnx", SIZE)
    assert export_estimator(pyramid(), tmp_path / "x.pt2", SIZE).agreement is not None


def test_without_onnxruntime_nothing_is_compared(tmp_path, monkeypatch):
    monkeypatch.setattr("gradunc.export.runtimes.find_spec", lambda name: None)
    assert export_estimator(pyramid(), tmp_path / "x.onnx", SIZE).agreement is None
    assert files_in(tmp_path) == {"x.onnx"}


def wrong_by(depth: float, uncertainty: float):
    """A runtime whose values are off."""

    def run(path: Path, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        right = torch.export.load(path).module()(image)
        return right[0] * (1 + depth), right[1] + uncertainty * (right[1].max() - right[1].min())

    return run


@pytest.mark.parametrize(("depth", "uncertainty"), [(2e-4, 0), (0, 2e-3), (float("nan"), 0)])
def test_a_file_that_disagrees_is_not_written(tmp_path, monkeypatch, depth, uncertainty):
    (tmp_path / "x.pt2").write_bytes(b"before")
    monkeypatch.setitem(files.RUNTIMES, ".pt2", wrong_by(depth, uncertainty))
    with pytest.raises(InputError, match="is not written: it would differ from the estimator by"):
        export_estimator(pyramid(), tmp_path / "x.pt2", SIZE)
    assert files_in(tmp_path) == {"x.pt2"}
    assert (tmp_path / "x.pt2").read_bytes() == b"before"


def test_a_file_within_the_tolerance_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(files.RUNTIMES, ".pt2", wrong_by(5e-5, 5e-4))
    found = export_estimator(pyramid(), tmp_path / "x.pt2", SIZE).agreement
    assert isinstance(found, Agreement)
    assert found.depth == pytest.approx(5e-5, rel=0.05)
    assert found.uncertainty == pytest.approx(5e-4, rel=0.05)


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def full(module, shape, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(files.WRITERS, ".pt2", full)
    with pytest.raises(InputError, match=r"cannot write to .*No space left on device; choose another path"):
        export_estimator(pyramid(), tmp_path / "x.pt2", SIZE)
    assert not files_in(tmp_path)


def test_an_operator_without_onnx_lowering_is_named(tmp_path, monkeypatch):
    class Special(nn.Module):
        def forward(self, x):
            return x + torch.special.bessel_j0(x.detach())

    network = Chain(nn.Conv2d(3, 2, 1), nn.Sequential(Special(), nn.Conv2d(2, 1, 1)))
    estimator = GradientUncertainty(network, "features")
    with pytest.raises(InputError, match=r"bessel_j0' has no ONNX lowering; export to .pt2") as error:
        export_estimator(estimator, tmp_path / "x.onnx", SIZE)
    assert "\n" not in str(error.value)
    assert not files_in(tmp_path)
    export_estimator(estimator, tmp_path / "x.pt2", SIZE)


def test_an_operator_without_adjoint_leaves_nothing(tmp_path):
    network = Chain(nn.Conv2d(3, 2, 1), nn.Sequential(Sampled(), nn.Conv2d(2, 1, 1)))
    with pytest.raises(InputError, match="grid_sampler_2d_backward"):
        export_estimator(GradientUncertainty(network, "features"), tmp_path / "x.onnx", SIZE)
    assert not files_in(tmp_path)


def test_weights_that_do_not_fit_into_onnx(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    with pytest.raises(InputError, match=r"do not fit into one .onnx file of 2 GB; write .*x.pt2"):
        export_estimator(pyramid(), tmp_path / "x.onnx", SIZE)


def test_a_model_on_another_device(tmp_path):
    estimator = pyramid()
    estimator.model.to("meta")
    with pytest.raises(InputError, match=r"the model is on meta; .* call model.cpu\(\) before"):
        export_estimator(estimator, tmp_path / "x.pt2", SIZE)


def test_unknown_exporter_errors_stay_one_line():
    assert formats._missing(RuntimeError("a\nb")) == "the exporter to ONNX failed: a"

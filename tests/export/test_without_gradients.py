"""Estimators that differentiate nothing, as files: whoever offers `check_exportable` can be one."""

import json

import onnxruntime
import pytest
import torch

from gradunc.errors import InputError
from gradunc.export import export_estimator
from gradunc.export.runtimes import run_onnx, run_pt2
from gradunc.export.trace import trace
from gradunc.uncertainty import GradientUncertainty, Student
from gradunc.uncertainty.interface import Exportable
from tests.export.test_trace import assert_same
from tests.helpers import random_images
from tests.uncertainty.networks import Pyramid

pytestmark = pytest.mark.slow

SIZE = (40, 61)


def fitted(model, size: tuple[int, int] = SIZE, **options) -> Student:
    student = Student(model, **options)
    student.fit([{"image": random_images(2, *size, seed=seed), "scene": [f"{seed}"] * 2} for seed in range(3)])
    return student


@pytest.mark.parametrize(("suffix", "run"), [(".onnx", run_onnx), (".pt2", run_pt2)])
def test_a_student_in_other_runtimes(rt_monodepth, tmp_path, suffix, run):
    student, image = fitted(rt_monodepth), random_images(1, *SIZE, seed=9)
    exported = export_estimator(student, tmp_path / f"student{suffix}", SIZE, settings={"name": "student"})
    depth, uncertainty = run(exported.path, image)
    expected = student.estimate(image)
    assert expected.valid.all()
    torch.testing.assert_close(depth, expected.depth, rtol=1e-4, atol=0)
    torch.testing.assert_close(uncertainty, expected.uncertainty, rtol=1e-4, atol=0)


def test_its_metadata(rt_monodepth, tmp_path):
    student = fitted(rt_monodepth)
    for data, told in (("kitti val, 6 images", "kitti val, 6 images"), (None, "6 images of val, 3 scenes")):
        path = export_estimator(student, tmp_path / "x.onnx", SIZE, settings={"name": "s"}, data=data).path
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        stored = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
        assert stored["learned_from"] == told
        assert stored["estimator"] == {"name": "s", "layers": [f"decoder.blocks.{k}.conv" for k in range(5)]}
        assert stored["scale"] == "score"


@pytest.mark.parametrize("size", [SIZE, (48, 64)])
def test_a_graph_of_a_student(resnet, size):
    student = fitted(resnet, size)
    assert_same(trace(student, size), student, random_images(1, *size, seed=4))
    other = fitted(Pyramid(inplace=True), size, layers=["block", "fuse"])
    assert_same(trace(other, size), other, random_images(1, *size, seed=4))


def test_who_can_be_exported():
    student = Student(Pyramid(), layers="fuse")
    assert isinstance(student, Exportable)
    assert isinstance(GradientUncertainty(Pyramid(), "fuse"), Exportable)
    with pytest.raises(InputError, match="Student has not learned yet"):
        trace(student, SIZE)

"""A prediction as files: those of `infer.py predict`, and what a folder holds already."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import gradunc
from gradunc import GradientUncertainty, InputError
from gradunc.commands.infer import main
from gradunc.models import export_model
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.losses import Comparison
from tests.prediction.images import PIXELS, Plain


def test_it_is_what_the_command_computes_and_saves(photo: Path, network: nn.Module, tmp_path: Path) -> None:
    export_model(network, tmp_path / "export")
    arguments = [f"checkpoint={tmp_path / 'export'}", f"source={photo}", f"output={tmp_path / 'command'}", "device=cpu"]
    assert main(["predict", *arguments]) == 0
    result = gradunc.predict(photo, tmp_path / "export", device="cpu")
    files = result.save(tmp_path / "call")

    assert sorted(file.name for file in files) == [
        "photo.png.depth.npy",
        "photo.png.panel.png",
        "photo.png.uncertainty.npy",
    ]
    for file in files:
        other = tmp_path / "command" / file.name
        if file.suffix == ".npy":
            np.testing.assert_array_equal(np.load(file), np.load(other))
        else:
            np.testing.assert_array_equal(np.asarray(Image.open(file)), np.asarray(Image.open(other)))
    of_call, of_command = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("call", "command"))
    assert of_call.keys() == of_command.keys()
    for key in ("output_space", "unit", "polarity", "images", "failed", "not_finite"):
        assert of_call[key] == of_command[key]
    np.testing.assert_array_equal(np.load(files[0]), result.depth)


def test_depth_alone_is_saved_without_uncertainty(network: nn.Module, tmp_path: Path) -> None:
    files = gradunc.predict(PIXELS, network, estimator=None).save(tmp_path, "a b")

    assert [file.name for file in files] == ["a b.depth.npy", "a b.panel.png"]


def test_images_of_one_name_in_two_folders_have_their_own_results(network: nn.Module, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.fromarray(PIXELS).save(tmp_path / "photos" / name / "x.png")
    for image in gradunc.open_images(tmp_path / "photos"):
        gradunc.predict(image, network, estimator=None).save(tmp_path / "maps")

    assert (tmp_path / "maps" / "a" / "x.png.depth.npy").is_file()
    assert (tmp_path / "maps" / "b" / "x.png.panel.png").is_file()
    assert json.loads((tmp_path / "maps" / "summary.json").read_text())["images"] == ["a/x.png", "b/x.png"]


def test_the_summary_tells_of_all_images_of_a_folder(network: nn.Module, tmp_path: Path) -> None:
    for name in ("a", "b", "a"):
        gradunc.predict(PIXELS, network).save(tmp_path, name)

    assert json.loads((tmp_path / "summary.json").read_text())["images"] == ["a", "b"]


def test_an_image_that_has_results_now_has_not_failed(network: nn.Module, tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    result = gradunc.predict(PIXELS, network)
    result.save(tmp_path, "a")
    failed = [{"image": name, "reason": "it was damaged"} for name in ("b", "c")]
    summary.write_text(json.dumps(json.loads(summary.read_text()) | {"failed": failed}))
    result.save(tmp_path, "b")

    content = json.loads(summary.read_text())
    assert content["images"] == ["a", "b"]
    assert content["failed"] == failed[1:]


def test_results_of_another_network_are_not_mixed_in(network: nn.Module, tmp_path: Path) -> None:
    gradunc.predict(PIXELS, network).save(tmp_path)
    with pytest.raises(InputError, match="holds results of another network or of other settings"):
        gradunc.predict(PIXELS, network, estimator=TRIVIAL["row"]).save(tmp_path, "other")

    assert not list(tmp_path.glob("other*"))


class Gap:
    """A loss of somebody else."""

    def __call__(self, comparison: Comparison) -> Tensor:
        return (comparison.depth - comparison.reference).abs().mean((0, 2, 3, 4))


class Shaded:
    """An estimator of somebody else: no description, and a repr that holds a place in memory."""

    scale, needs_grad = Scale("score"), False

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def estimate(self, image: Tensor, **_: Any) -> UncertaintyEstimate:
        depth = self.network(image)[:, None]
        return UncertaintyEstimate(depth, depth, torch.ones_like(depth, dtype=torch.bool))


def other_weights() -> nn.Module:
    network = Plain()
    with torch.no_grad():
        network.head.weight.mul_(2)
    return network


BODY = partial(GradientUncertainty, layers="body")
OTHERS = {
    "power": (Plain(), partial(BODY, depth_power=0.5)),
    "seed": (Plain(), partial(BODY, seed=1)),
    "reference": (Plain(), partial(BODY, reference={"noise": {"std": 0.5}})),
    "weights of the network": (other_weights(), BODY),
    "estimator": (Plain(), Shaded),
}


@pytest.mark.parametrize(("other", "estimator"), OTHERS.values(), ids=OTHERS)
def test_whatever_changes_the_maps_is_other_settings(other: nn.Module, estimator: Any, tmp_path: Path) -> None:
    gradunc.predict(PIXELS, Plain(), estimator=BODY).save(tmp_path)
    changed = gradunc.predict(PIXELS, other, estimator=estimator)
    with pytest.raises(InputError, match="holds results of another network or of other settings"):
        changed.save(tmp_path, "other")


SAME = {
    "class": (Shaded, Shaded),
    "settings": (BODY, BODY),
    "chunk, on which nothing depends": (BODY, partial(BODY, chunk=2)),
    "object among the settings": (partial(BODY, loss=Gap()), partial(BODY, loss=Gap())),
    "no estimator": (None, None),
}


@pytest.mark.parametrize(("one", "two"), SAME.values(), ids=SAME)
def test_the_same_network_and_settings_in_other_objects(one: Any, two: Any, tmp_path: Path) -> None:
    for name, estimator in (("a", one), ("b", two)):
        gradunc.predict(PIXELS, Plain(), estimator=estimator).save(tmp_path, name)

    assert json.loads((tmp_path / "summary.json").read_text())["images"] == ["a", "b"]


@pytest.mark.parametrize("name", ["", "../a", "a/b", "con"])
def test_names(network: nn.Module, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"name='.*' (is|must)"):
        gradunc.predict(PIXELS, network).save(tmp_path, name)


def test_a_folder_that_is_a_file(network: nn.Module, photo: Path) -> None:
    with pytest.raises(InputError, match="cannot write to"):
        gradunc.predict(PIXELS, network).save(photo)

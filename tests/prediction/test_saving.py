"""A prediction as files: those of `infer.py predict`, and what a folder holds already."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

import gradunc
from gradunc import InputError
from gradunc.commands.infer import main
from gradunc.models import export_model
from gradunc.uncertainty import TRIVIAL
from tests.prediction.images import PIXELS


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


def test_results_of_another_network_are_not_mixed_in(network: nn.Module, tmp_path: Path) -> None:
    gradunc.predict(PIXELS, network).save(tmp_path)
    with pytest.raises(InputError, match="holds results of another network or of other settings"):
        gradunc.predict(PIXELS, network, estimator=TRIVIAL["row"]).save(tmp_path, "other")

    assert not list(tmp_path.glob("other*"))


@pytest.mark.parametrize("name", ["", "../a", "a/b", "con"])
def test_names(network: nn.Module, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"name='.*' (is|must)"):
        gradunc.predict(PIXELS, network).save(tmp_path, name)


def test_a_folder_that_is_a_file(network: nn.Module, photo: Path) -> None:
    with pytest.raises(InputError, match="cannot write to"):
        gradunc.predict(PIXELS, network).save(photo)

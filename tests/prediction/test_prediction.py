"""What `gradunc.predict` returns: arrays, parts of a batch, pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import gradunc
from gradunc import InputError, OutputSpace, adapt
from gradunc.prediction import Prediction
from gradunc.types import Scale
from gradunc.uncertainty import TRIVIAL
from tests.prediction.images import PIXELS, as_tensor
from tests.uncertainty.networks import Pyramid


def test_a_batch_gives_arrays_with_a_first_axis(network: nn.Module, tmp_path: Path) -> None:
    images = torch.stack([as_tensor(), as_tensor().flip(-1)])
    result = gradunc.predict(images, network)

    assert result.depth.shape == result.valid.shape == (2, 20, 31)
    assert result.image.shape == (2, 20, 31, 3)
    assert len(result) == 2
    for one, image in zip(result, images, strict=True):
        np.testing.assert_array_equal(one.depth, gradunc.predict(image, network).depth)
    names = {file.name for file in result.save(tmp_path)}
    assert {"image-0.depth.npy", "image-1.panel.png"} <= names
    assert gradunc.predict(images[:1], network).depth.shape == (1, 20, 31)


def test_parts_of_a_batch(network: nn.Module) -> None:
    images = torch.stack([as_tensor(), as_tensor().flip(-1)])
    result = gradunc.predict(images, network, estimator=None)

    for place in (1, -1, np.int64(1), torch.tensor(1)):
        np.testing.assert_array_equal(result[place].depth, result.depth[1])
        assert result[place].source.names == ["image-1"]
    with pytest.raises(TypeError):
        result[0:1]  # pyright: ignore[reportArgumentType]
    with pytest.raises(IndexError):
        result[2]


def test_one_image_has_no_length(network: nn.Module) -> None:
    result = gradunc.predict(PIXELS, network)

    assert result
    with pytest.raises(TypeError, match=r"its maps have: prediction.depth"):
        len(result)
    with pytest.raises(TypeError, match=r"its maps are prediction.depth"):
        result[0]


def test_unit_space_scale_and_repr(network: nn.Module) -> None:
    result = gradunc.predict(PIXELS, network)

    assert isinstance(result, Prediction)
    assert (result.unit, result.scale) == (result.space.unit, Scale("score"))
    text = repr(result)
    assert text.startswith("Prediction(image: image, depth: 20x31 ")
    assert "high = worse, a score" in text
    assert len(text) < 300
    assert "\n" not in text
    batch = gradunc.predict(
        torch.rand(2, 3, 9, 14),
        adapt(
            Pyramid(),
            lambda raw: raw.depth.exp(),
            OutputSpace("disparity"),
            mean=(0.0,) * 3,
            std=(1.0,) * 3,
            multiple=4,
        ),
    )
    assert repr(batch).startswith("Prediction(disparity: 2x9x14 ")


class TestShowing:
    def test_in_a_viewer(self, network: nn.Module, monkeypatch: Any, capsys: Any) -> None:
        seen: list[Any] = []
        monkeypatch.setattr("PIL.ImageShow.show", lambda image, title: seen.append((image.size, title)) or True)
        result = gradunc.predict(PIXELS, network)
        result.show()

        assert seen == [(result.picture().size, "image")]
        assert capsys.readouterr().err == ""

    def test_without_a_viewer(self, network: nn.Module, monkeypatch: Any, capsys: Any) -> None:
        monkeypatch.setattr("PIL.ImageShow.show", lambda image, title: False)
        gradunc.predict(PIXELS, network).show()

        assert "result.save(folder) writes the picture" in capsys.readouterr().err

    def test_the_pictures_of_a_batch_stand_one_below_the_other(self, network: nn.Module) -> None:
        one, two = (
            gradunc.predict(PIXELS, network).picture(),
            gradunc.predict(torch.stack([as_tensor()] * 2), network).picture(),
        )

        assert two.size == (one.size[0], 2 * one.size[1])

    @pytest.mark.parametrize("estimator", [None, TRIVIAL["row"]])
    @pytest.mark.parametrize("reject", [-0.1, 1, 20, float("nan"), "0.2", None])
    def test_a_share_is_at_least_0_and_below_1(
        self, estimator: Any, reject: Any, network: nn.Module, tmp_path: Path
    ) -> None:
        result = gradunc.predict(PIXELS, network, estimator=estimator)
        for call in (result.picture, result.show, lambda reject: result.save(tmp_path / "maps", reject=reject)):
            with pytest.raises(InputError, match=f"^reject={reject} must be a share of the pixels, at least 0"):
                call(reject)
        assert not (tmp_path / "maps").exists()

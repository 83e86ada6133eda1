"""Reading the small NYU files of `tests.data.formats.nyu_files`."""

import pickle

import numpy as np
import pytest
import torch

from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.nyu.frames import nyu_frames
from gradunc.data.sets.nyu.settings import NyuSettings
from gradunc.errors import InputError
from tests.data.formats.nyu_files import (
    SIZE,
    depth,
    image,
)


def data(root, split, options=NyuSettings(), size=SIZE) -> FrameDataset:  # noqa: B008 - frozen
    return pickle.loads(pickle.dumps(FrameDataset(nyu_frames(root, split, (), options), size)))


def message(root, split="train", options=NyuSettings(), frames=()) -> str:  # noqa: B008 - frozen
    with pytest.raises(InputError) as caught:
        nyu_frames(root, split, frames, options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_sample(sample, i, truth=depth, rtol=0.0):
    assert sample["image"].equal(torch.from_numpy(image(i)).movedim(-1, 0))
    np.testing.assert_allclose(sample["depth"][0].numpy(), truth(i), rtol=rtol)
    assert sample["valid"].equal(sample["depth"] > 0)


def lists(root, **others) -> NyuSettings:
    return NyuSettings(train_list=str(root / "train.txt"), test_list=str(root / "test.txt"), **others)

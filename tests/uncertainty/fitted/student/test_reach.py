"""What the student says of images whose features leave the range of its fit."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.uncertainty import Student
from gradunc.uncertainty.fitted.student import cells
from tests.helpers import tiny_model
from tests.uncertainty.fitted.student.taught import SIZE, Colours, Taught, batches, fitted, pictures
from tests.uncertainty.networks import noise
from tests.uncertainty.split_networks import SplitPyramid


def told(student: Student, images: Tensor) -> list[str]:
    """The warnings about images that are asked one by one."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for image in images:
            student.estimate(image[None])
    return [str(one.message) for one in found]


@pytest.fixture
def familiar() -> Student:
    return fitted(tiny_model(), pictures(16))


def test_images_like_those_of_the_fit_are_quiet(familiar):
    assert told(familiar, pictures(20, seed=1)) == []
    assert len(familiar.notes) == 1


def test_others_are_warned_of_once(familiar):
    foreign = noise(20, *SIZE)
    assert told(familiar, foreign[:7]) == []
    assert familiar.notes[1] == "in 7 of 7 images the features lie outside of those of the fit"
    # The same images again are no more images.
    assert told(familiar, foreign[:7]) == []
    (line,) = told(familiar, foreign[7:])
    assert line.startswith("in 8 of 8 images the features lie outside of those of the fit; it has learned from 16 ima")
    assert familiar.notes[1] == "in 20 of 20 images the features lie outside of those of the fit"


def test_some_foreign_images_among_many_are_no_warning(familiar):
    assert told(familiar, torch.cat([pictures(12, seed=1), noise(8, *SIZE)])) == []


def test_the_distance_is_that_of_the_features():
    """Of the moments of all cells: a second way, by the inverse of the covariance."""
    model, images = Colours(), pictures(5)
    student = Taught(model, layers="features")
    student.fit(batches(images))

    def features(asked: Tensor) -> Tensor:
        maps = torch.cat([F.elu(model.features(model.pool(asked))), model(asked).depth[..., ::4, ::4].log()], 1)
        return maps.detach()

    rows = features(images).movedim(1, -1).flatten(0, 2).double()
    mean, std = rows.mean(0), rows.std(0, correction=0)
    correlation = ((rows - mean) / std).T.cov(correction=0)
    shrunk = 0.99 * correlation + 0.01 * torch.eye(4, dtype=torch.float64)
    asked = pictures(2, seed=4)
    at = F.interpolate(features(asked), cells.GRID, mode="bilinear").movedim(1, -1).double()
    scaled = (at - mean) / std
    expected = (torch.einsum("bhwi,ij,bhwj->bhw", scaled, shrunk.inverse(), scaled) / 4).sqrt()
    found = student.estimate(asked).layers["distance"][:, 0]
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-3)


def test_it_says_of_how_many_scenes_it_has_learned():
    images = noise(4, *SIZE)
    student = Student(SplitPyramid(), layers=["block"])
    student.fit([{"image": images[:2], "scene": ["a", "b"]}, {"image": images[2:], "scene": ["a", "c"]}])
    assert student.fitted_from == "4 images of val, 3 scenes"
    assert "one scene" not in student.findings[0]
    student.fit([{"image": images, "scene": ["a"] * 4}])
    assert student.fitted_from == "4 images of val, 1 scene"
    assert student.findings[0].endswith("; all of it is one scene: varied ones are needed for others")

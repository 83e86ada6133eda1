"""CutMix of images whose truth a teacher has said: regions, partners and masks by hand."""

from typing import Any, cast

import torch

from gradunc.data.loading.pasting import paste, region
from gradunc.types import Sample

ALL = torch.ones(4).bool()


def batch(*pseudo: bool) -> Sample:
    """Image and truth i are i everywhere; the truth is half as large as the image."""
    numbers = torch.arange(float(len(pseudo)))[:, None, None, None]
    image = numbers.expand(-1, 3, 8, 12) / 10
    disparity = numbers.expand(-1, 1, 4, 6) + 1
    made = {"image": image, "augmented_image": image + 0.5, "disparity": disparity, "pseudo": torch.tensor(pseudo)}
    return cast(Sample, {**made, "disparity_valid": torch.ones(len(pseudo), 1, 4, 6).bool()})


def test_pixels_within_the_edges() -> None:
    inside = region(torch.tensor([[0.25, 0.0, 0.75, 0.5], [0.0, 0.0, 0.0, 0.0]]), (4, 6))
    expected = torch.zeros(2, 1, 4, 6).bool()
    expected[0, :, 1:3, :3] = True
    assert inside.equal(expected)


def test_the_next_labelled_image_is_pasted() -> None:
    given = batch(True, False, True, True)
    # Area 1/4 around the middle: from 1/4 to 3/4 of both sides.
    result = cast("dict[str, Any]", paste(given, ALL, torch.tensor([[0.25, 0.5, 0.5]]).repeat(4, 1)))
    inside, at_truth = torch.zeros(8, 12).bool(), torch.zeros(4, 6).bool()
    inside[2:6, 3:9] = True
    at_truth[1:3, 1:5] = True  # middles of columns: 0.25 is that of the second
    at_truth[1:3, 1] = (1.5 / 6) >= 0.25
    at_truth[1:3, 4] = (4.5 / 6) < 0.75
    for one, other in ((0, 2), (2, 3), (3, 0)):
        for key in ("image", "augmented_image"):
            source = cast("dict[str, Any]", given)[key]
            assert result[key][one][:, inside].equal(source[other][:, inside])
            assert result[key][one][:, ~inside].equal(source[one][:, ~inside])
        assert result["pasted"][one].equal(given["disparity"][other])  # pyright: ignore[reportTypedDictNotRequiredAccess]
        assert result["pasted_valid"][one, 0].equal(at_truth)
        assert result["disparity_valid"][one, 0].equal(~at_truth)
    assert result["pasted_share"].tolist() == [0.25, 0.0, 0.25, 0.25]
    assert result["image"][1].equal(given["image"][1])
    assert result["disparity_valid"][1].all()
    assert not result["pasted_valid"][1].any()


def test_only_chosen_images() -> None:
    result = cast("dict[str, Any]", paste(batch(True, True), torch.tensor([False, True]), torch.full((2, 3), 0.5)))
    assert result["pasted_share"][0] == 0
    assert result["pasted_share"][1] > 0


def test_one_label_alone_has_no_partner() -> None:
    for given in (batch(True, False), cast(Sample, {"image": torch.zeros(2, 3, 8, 12)})):
        assert paste(given, torch.ones(2).bool(), torch.full((2, 3), 0.5)) is given

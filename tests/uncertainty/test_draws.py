"""Random numbers that belong to an image."""

import pytest
import torch

from gradunc.errors import InputError
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.gradient.references import ReferenceSpec
from tests.uncertainty.networks import noise
from tests.uncertainty.split_networks import Split

RANDOM: list[ReferenceSpec] = ["noise", "feature_noise", "feature_dropout", {"feature_dropout": {"levels": "all"}}]


def test_a_seed_belongs_to_the_content_or_to_the_index() -> None:
    images = noise(3, 4, 5)
    index = torch.tensor([7, 7, 8])

    assert len(set(image_seeds(0, images))) == 3
    assert image_seeds(0, images)[1:] == image_seeds(0, images[1:])
    assert set(image_seeds(0, images)).isdisjoint(image_seeds(1, images))
    same, also, other = image_seeds(0, images, index)
    assert same == also != other
    assert image_seeds(0, 0 * images, index) == (same, also, other)
    assert image_seeds(1, images, index)[0] != same


def test_the_layout_in_memory_does_not_matter() -> None:
    images = noise(2, 4, 5)

    assert image_seeds(0, images.to(memory_format=torch.channels_last)) == image_seeds(0, images)
    assert image_seeds(0, images.double()) == image_seeds(0, images)


def test_numbers_follow_the_seed_and_go_on() -> None:
    like = torch.zeros(2, 3, 4)
    draws = Draws(lambda: (5, 6))
    first, second = draws.normal(like), draws.normal(like)
    turned = Draws(lambda: (6, 5)).normal(like)

    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(turned.flip(0), first)


def test_streams_are_apart() -> None:
    like = torch.zeros(1, 3, 4)
    maps = [Draws(lambda: (5,), stream).normal(like) for stream in range(3)]

    assert not torch.equal(maps[0], maps[1])
    assert not torch.equal(maps[1], maps[2])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_distribution_and_type(dtype: torch.dtype) -> None:
    like = torch.zeros(1, 100, 100, dtype=dtype)
    normal, uniform = Draws(lambda: (1,)).normal(like), Draws(lambda: (2,)).uniform(like)

    assert normal.dtype == uniform.dtype == dtype
    # 10000 samples: five standard errors.
    assert normal.float().mean().item() == pytest.approx(0, abs=0.05)
    assert normal.float().std().item() == pytest.approx(1, abs=0.04)
    assert uniform.float().mean().item() == pytest.approx(0.5, abs=0.015)
    assert uniform.min() >= 0


def test_images_are_hashed_only_when_a_number_is_drawn() -> None:
    calls: list[int] = []
    draws = Draws(lambda: calls.append(1) or (1,))

    assert calls == []
    draws.normal(torch.zeros(1, 2))
    draws.uniform(torch.zeros(1, 2))
    assert calls == [1]


def test_the_callers_generator_is_left_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    Draws(lambda: (1,)).normal(torch.zeros(1, 5))

    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("reference", RANDOM, ids=str)
class TestEstimates:
    def test_the_same_image_gives_the_same_map_wherever_it_stands(self, reference: ReferenceSpec) -> None:
        image, others = noise(1, 8, 10), noise(3, 8, 10, seed=1)
        alone = GradientUncertainty(Split(), ["block"], reference).estimate(image)
        batch = torch.cat([others[:1], image, others[1:], image])
        for chunk in (1, 2, 5):
            found = GradientUncertainty(Split(), ["block"], reference, chunk=chunk).estimate(batch)
            for place in (1, 4):
                torch.testing.assert_close(found.loss[place], alone.loss[0])
                torch.testing.assert_close(found.uncertainty[place], alone.uncertainty[0])

    def test_another_seed_gives_another_map(self, reference: ReferenceSpec) -> None:
        image = noise(1, 8, 10)
        maps = [GradientUncertainty(Split(), ["block"], reference, seed=seed).estimate(image) for seed in range(6)]

        assert len({one.loss.item() for one in maps}) > 1

    def test_an_index_stands_for_the_content(self, reference: ReferenceSpec) -> None:
        image = noise(1, 8, 10).expand(6, -1, -1, -1)
        estimator = GradientUncertainty(Split(), ["block"], reference, chunk=4)
        by_content = estimator.estimate(image).loss
        by_index = estimator.estimate(image, index=torch.tensor([0, 1, 2, 3, 4, 0])).loss

        torch.testing.assert_close(by_content, by_content[:1].expand(6))
        torch.testing.assert_close(by_index[5], by_index[0])
        assert len({round(loss, 9) for loss in by_index.tolist()}) > 1


@pytest.mark.parametrize("index", [torch.zeros(3), torch.zeros(2, dtype=torch.int64), torch.zeros((3, 1), dtype=int)])
def test_a_bad_index_is_refused(index: torch.Tensor) -> None:
    with pytest.raises(InputError, match="index must be 3 integers, but is ") as error:
        GradientUncertainty(Split(), ["block"], "noise").estimate(noise(3, 8, 8), index=index)
    assert f"{tuple(index.shape)} {index.dtype}" in str(error.value)

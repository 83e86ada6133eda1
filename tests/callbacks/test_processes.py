"""Numbers and scenes of images over processes."""

from types import SimpleNamespace
from typing import Any

import torch

from gradunc.callbacks.image_log import mean_scores
from gradunc.callbacks.processes import Numbering
from gradunc.data.loading.mixture import Mixture
from gradunc.types import UncertaintyEstimate


def test_the_images_of_two_processes_are_numbered_in_the_order_of_the_data() -> None:
    """As `ShardSampler` deals out 0..6: rank 0 gets 0, 2, 4, 6."""
    found = []
    for rank, sizes in ((0, (3, 1)), (1, (2, 1))):
        trainer: Any = SimpleNamespace(global_rank=rank, world_size=2)
        numbering = Numbering()
        numbering.next(trainer, {"image": torch.zeros(9, 1)})
        numbering.begin()
        batches = [{"depth": torch.zeros(size, 1)} for size in sizes]
        found.append([number for batch in batches for number in numbering.next(trainer, batch)])
    assert found == [[0, 2, 4, 6], [1, 3, 5]]
    assert Numbering().next(trainer, [1, 2]) == []


def test_scores_are_means_over_known_pixels() -> None:
    uncertainty = torch.tensor([[1.0, 3.0, torch.nan], [2.0, 5.0, 7.0], [1.0, 1.0, 1.0]]).view(3, 1, 1, 3)
    valid = torch.tensor([[True, True, False], [True, False, True], [False, False, False]]).view(3, 1, 1, 3)
    found = mean_scores(UncertaintyEstimate(uncertainty, uncertainty, valid))
    assert found[:2] == [2.0, 4.5]
    assert found[2] != found[2]


def test_scenes_of_two_parts_of_a_mixture_are_different_ones() -> None:
    parts = {name: [{"image": torch.zeros(3, 2, 2), "scene": "0001"}] for name in ("street", "kitchen")}
    mixture = Mixture(parts)
    assert [mixture[i].get("scene") for i in (0, 1, 3)] == ["street/0001", "kitchen/0001", "kitchen/0001"]
    assert "scene" not in Mixture({"own": [{"image": torch.zeros(3, 2, 2)}]})[0]

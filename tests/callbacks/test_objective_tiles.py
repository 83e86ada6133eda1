"""Tiles of what the objective sees."""

import torch

from gradunc.callbacks.objective_tiles import objective_tiles


def test_the_tile_of_each_map() -> None:
    mask = torch.tensor([True, False]).view(2, 1, 1, 1).expand(2, 1, 4, 6)
    red = torch.zeros(2, 3, 4, 6)
    red[1, 0] = 1.0
    tiles = objective_tiles({"warped": red, "auto_mask": mask, "of another kind": red}, 1)
    assert [tile.title for tile in tiles] == ["auto-mask (white = kept)", "first source, seen from here"]
    assert tiles[0].pixels.max() == 0
    assert tiles[1].pixels[0, 0].tolist() == [255, 0, 0]


def test_frames_that_agree_have_no_disagreement() -> None:
    agreement = torch.full((1, 1, 4, 6), 0.75)
    (tile,) = objective_tiles({"agreement": agreement}, 0)
    assert tile.bar is not None
    expected = tile.bar.colormap(tile.bar.scale(0.25), bytes=True)[:3]
    assert tile.pixels[0, 0].tolist() == list(expected)

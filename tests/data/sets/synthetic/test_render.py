"""What the switches change, and what they leave alone."""

import numpy as np
import pytest

from gradunc.data.sets.synthetic.regions import REGIONS
from gradunc.data.sets.synthetic.render import render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.world import generate

SIZE = {"height": 64, "width": 224}


def both(index, **switch):
    scene = generate(3, "test", index)
    return (
        render(scene, 1.0, "left", RenderSettings(**SIZE)),
        render(scene, 1.0, "left", RenderSettings(**SIZE, **switch)),
    )


def test_shadows_darken_exactly_their_mask():
    covered = 0
    for index in range(10):
        on, off = both(index, shadows=False)
        assert not off.shadow.any()
        change = off.image.astype(int) - on.image
        assert (change[~on.shadow] == 0).all()
        assert (change >= 0).all()
        # Where the sun only grazes a dark surface, or haze covers it, the loss can be less than a grey level.
        near = on.shadow & (on.depth < 40)
        assert (change[near] > 0).any(axis=-1).mean() > 0.97 if near.any() else True
        np.testing.assert_array_equal(on.depth, off.depth)
        covered += on.shadow.sum()
    assert covered > 0.02 * 10 * 64 * 224


def test_without_moving_objects_the_rest_stays():
    seen = 0
    for index in range(12):
        on, off = both(index, moving_objects=False)
        assert not off.moving.any()
        # The objects are in front of what is behind them, and their own shadows go with them.
        assert (off.depth[on.moving] != on.depth[on.moving]).all()
        np.testing.assert_array_equal(off.depth[~on.moving], on.depth[~on.moving])
        same = ~on.moving & (on.shadow == off.shadow)
        np.testing.assert_array_equal(off.image[same], on.image[same])
        assert not (off.shadow & ~on.shadow & ~on.moving).any()
        seen += on.moving.sum()
    assert seen > 1000


def test_moving_objects_keep_their_speed():
    scene = generate(3, "test", 1)
    later = scene.solids.at(0.5)
    np.testing.assert_allclose(later.lo[:, 2] - scene.solids.lo[:, 2], 0.5 * scene.solids.velocity, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(50, 77), (16, 16), (33, 120)])
def test_any_size(height, width):
    view = render(generate(0, "train", 0), 0.5, "right", RenderSettings(height=height, width=width))
    assert view.image.shape == (height, width, 3)
    assert view.image.dtype == np.uint8
    assert view.depth.shape == (height, width)
    assert view.depth.dtype == np.float32
    assert set(view.regions) == set(REGIONS)
    assert all(m.shape == (height, width) and m.dtype == bool for m in view.regions.values())


def test_size_changes_the_sampling_not_the_world():
    # With 3 times the pixels, the centres of every third pixel are those of the small image.
    scene = generate(0, "train", 2)
    small = render(scene, 1.0, "left", RenderSettings(height=32, width=96))
    large = render(scene, 1.0, "left", RenderSettings(height=96, width=288))
    np.testing.assert_allclose(large.depth[1::3, 1::3], small.depth, rtol=2e-4)


def test_depth_is_within_its_range_and_varied():
    depths = [render(generate(0, "val", i), 1.0, "left", RenderSettings(**SIZE)).depth for i in range(12)]
    known = np.concatenate([d[d > 0] for d in depths])
    assert 0.5 < known.min() < 4
    assert 60 < known.max() < 90
    # Up to scale, a pixel's depth differs from scene to scene by a third or so: no mean map predicts it.
    logs = np.stack([np.log(np.where(d > 0, d, np.nan)) - np.log(np.median(d[d > 0])) for d in depths])
    often = (~np.isnan(logs)).all(axis=0)
    assert often.mean() > 0.4
    assert logs[:, often].std(axis=0).mean() > 0.3

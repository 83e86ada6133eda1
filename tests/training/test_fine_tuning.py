"""Real stereo pairs, really trained weights: benchmarks/finetune_kitti.py in short."""

import pytest

from benchmarks.finetune_kitti import fine_tune
from tests.helpers import DATA

pytestmark = pytest.mark.slow

KITTI, WEIGHTS = DATA / "kitti_raw", DATA / "rt_monodepth_s"


@pytest.mark.skipif(
    not (KITTI.is_dir() and WEIGHTS.is_dir()), reason=f"no KITTI frames and RT-MonoDepth-S weights in {DATA}"
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_self_supervision_helps_on_frames_it_was_not_trained_on(seed):
    photometric, abs_rel = fine_tune(WEIGHTS, KITTI, steps=8, seed=seed)
    assert photometric[1] < 0.95 * photometric[0]
    assert abs_rel[1] < abs_rel[0], "the depth itself, in metres, which training never sees"

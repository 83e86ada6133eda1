"""Mistakes planted into the synthetic street: each is named, and the street as it is has none."""

import numpy as np
import pytest
import torch

from gradunc.data.inspection import camera, truth
from gradunc.data.inspection.gray import gray
from gradunc.data.inspection.look import findings
from gradunc.data.inspection.sample import check_sample
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet

FRAMES = (-1, 1, "s")
SETTINGS = RenderSettings(height=64, width=208, moving_objects=False, frames_per_scene=2)


@pytest.fixture(scope="module")
def street():
    data = SyntheticStreet("train", 2, SETTINGS, FRAMES)
    return [data[i] for i in range(len(data))]


def warnings(street, change=lambda sample: {}, frames=FRAMES) -> list[str]:
    """What is found when every sample is changed."""
    samples = [{**sample, **change(sample)} for sample in street]
    return [found.text for found in findings([check_sample(sample, frames) for sample in samples])]


def one(lines: list[str]) -> str:
    assert len(lines) == 1, lines
    return lines[0]


def test_the_street_has_no_mistake(street):
    assert warnings(street) == []
    assert warnings(street, lambda sample: {"source_pose": torch.full((3, 4, 4), torch.nan)}) == []


def intrinsics(factor: float):
    scale = torch.tensor([[factor, factor, factor], [factor, factor, factor], [1, 1, 1]])
    return lambda sample: {"intrinsics": sample["intrinsics"] * scale}


def test_intrinsics_of_larger_and_smaller_images(street):
    lines = warnings(street, intrinsics(2))
    assert lines[0].startswith(
        "the principal point lies at 100% of the width and 99% of the height: are the intrinsics"
    )
    assert "images of 415x127 pixels instead of 208x64" in lines[0]
    assert "the principal point lies at 25% of the width" in warnings(street, intrinsics(0.5))[0]


def test_a_focal_length_in_millimetres(street):
    def change(sample):
        matrix = sample["intrinsics"].clone()
        matrix[0, 0] = matrix[1, 1] = 4.2
        return {"intrinsics": matrix}

    assert "focal length of 4.2 pixels gives a field of view of 175 degrees" in warnings(street, change)[0]


def test_only_one_side_scaled():
    matrix = np.array([[100.0, 0, 50], [0, 200, 50], [0, 0, 1]])
    assert "fx / fy is 0.50" in one(camera.pixel_findings(matrix)).text
    assert camera.pixel_findings(np.diag([100.0, 104, 1])) == []


@pytest.mark.parametrize(
    ("factor", "unit"), [(1000, "probably millimetres, so divide by 1000"), (0.001, "probably kilometres")]
)
def test_depth_in_another_unit(street, factor, unit):
    lines = warnings(street, lambda sample: {"depth": sample["depth"] * factor})
    assert unit in lines[0]
    assert "wrong unit" in lines[0]
    for frame, line in zip(FRAMES, lines[1:], strict=True):
        assert line.startswith(f"depth and the known motion to source {frame} fit better when the motion is {factor:g}")


def test_a_scale_that_is_only_a_little_wrong(street):
    lines = warnings(street, lambda sample: {"depth": sample["depth"] * 2.5})
    assert len(lines) == 3
    assert all("the motion is 2.5 times as long, or depth 0.4 times" in line for line in lines)
    assert all("wrong depth_scale, baseline, focal length" in line for line in lines)


def swapped(sample):
    pose = sample["source_pose"].clone()
    pose[2] = torch.linalg.inv(pose[2])
    return {"source_pose": pose}


def test_left_and_right_swapped_with_and_without_depth(street):
    text = "the other camera fits better on the other side in 100% of the samples: left and right swapped? "
    assert one(warnings(street, swapped)).startswith(text)

    def without_depth(sample):
        return {"image": sample["image"]} | swapped(sample)

    blind = [{key: value for key, value in sample.items() if key not in ("depth", "valid")} for sample in street]
    assert one(warnings(blind, without_depth)).startswith(text)
    assert warnings(blind) == []


def test_poses_from_world_to_camera(street):
    def change(sample):
        pose = sample["source_pose"].clone()
        pose[:2] = torch.linalg.inv(pose[:2])
        return {"source_pose": pose}

    lines = warnings(street, change)
    assert [line.split(" fits")[0] for line in lines] == [
        "the known motion to source -1",
        "the known motion to source 1",
    ]
    assert "world to camera" in lines[0]


def test_a_static_clip(street):
    noise = torch.Generator().manual_seed(0)

    def change(sample):
        copies = sample["image"].expand(3, -1, -1, -1) + 0.01 * torch.randn(3, 3, 64, 208, generator=noise)
        return {"sources": copies, "source_pose": torch.full((3, 4, 4), torch.nan)}

    lines = warnings(street, change)
    assert [line.split(" in ")[0] for line in lines] == [
        f"source {frame} shows the same as the image" for frame in FRAMES
    ]
    assert "in 100% of 4 samples: the camera stands still" in lines[0]


def test_sources_of_another_place(street):
    other = street[3]["sources"]
    unknown = torch.full((3, 4, 4), torch.nan)
    lines = warnings(street[:2], lambda sample: {"sources": other, "source_pose": unknown})
    assert all("shows something else than the image" in line for line in lines)
    assert len(lines) == 3


def test_depth_with_eight_bits(street):
    def change(sample):
        return {"depth": (sample["depth"] / 100 * 255).round() / 255 * 100}

    line = warnings(street, change)[0]
    assert "different values per image: was it stored or converted with 8 bits?" in line
    assert int(line.split()[3]) <= 256


def test_depth_that_was_clipped(street):
    line = warnings(street, lambda sample: {"depth": sample["depth"].clamp(max=10)})[0]
    assert "of the depth is exactly its largest value, 10 m: clipped there?" in line


def test_disparity_instead_of_depth(street):
    def change(sample):
        return {"depth": torch.where(sample["valid"], 100 / sample["depth"].clamp_min(0.1), 0)}

    assert any("is it disparity, inverse depth or upside down?" in line for line in warnings(street, change))


def test_hardly_any_depth(street):
    def change(sample):
        few = torch.zeros_like(sample["valid"])
        few[:, 40, 100:110] = True
        return {"valid": few & sample["valid"], "source_pose": torch.full((3, 4, 4), torch.nan)}

    assert "only 0.08% of the pixels have a known depth" in one(warnings(street, change))


def test_shapes():
    assert truth.shape_findings((480, 640), (240, 320)) == []
    assert truth.shape_findings((375, 1242), (192, 640)) == []
    line = one(truth.shape_findings((480, 640), (480, 480))).text
    assert line.startswith("images have 640x480 pixels and depth 480x480")


def test_samples_without_anything_to_compare(street):
    bare = [{"image": sample["image"]} for sample in street]
    assert warnings(bare, frames=()) == []
    check = check_sample({"image": (street[0]["image"] * 255).to(torch.uint8)}, ())
    assert (check.intrinsics, check.truth, check.covered, check.sources) == (None, None, 0, [])
    assert float((check.image - street[0]["image"]).abs().max()) < 1 / 255


def test_gray_is_what_motion_is_measured_on():
    red = torch.zeros(3, 300, 512)
    red[0] = 1
    small = gray(red)
    assert small.shape == (150, 256)
    assert small.dtype == np.float32
    np.testing.assert_allclose(small, 255 * 0.299, rtol=1e-5)

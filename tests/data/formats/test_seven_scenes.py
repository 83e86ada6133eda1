import numpy as np
import pytest

from gradunc.data.formats import seven_scenes
from gradunc.errors import InputError
from tests.helpers import DATA

KITCHEN = DATA / "redkitchen"


def test_images_come_in_the_order_of_their_numbers(tmp_path):
    for name in (
        "frame-000010.color.png",
        "frame-2.color.JPG",
        "frame-000003.color.jpg",
        "frame-000003.depth.png",
        "x",
    ):
        (tmp_path / name).touch()
    assert [(number, file.name) for number, file in seven_scenes.color_images(tmp_path).items()] == [
        (2, "frame-2.color.JPG"),
        (3, "frame-000003.color.jpg"),
        (10, "frame-000010.color.png"),
    ]


def test_pose_and_intrinsics(tmp_path):
    pose = np.array([[0, 0, 1, 0.5], [0, 1, 0, -2], [-1, 0, 0, 3], [0, 0, 0, 1]])
    np.savetxt(tmp_path / "a.txt", pose)
    np.testing.assert_array_equal(seven_scenes.read_pose(tmp_path / "a.txt"), pose)
    (tmp_path / "k.txt").write_text("500 0 320\n0 501 240\n0 0 1\n")
    assert seven_scenes.read_intrinsics(tmp_path / "k.txt").tolist() == [[500, 0, 320], [0, 501, 240], [0, 0, 1]]


@pytest.mark.parametrize(
    ("read", "text", "part"),
    [
        (seven_scenes.read_pose, None, "no pose file"),
        (seven_scenes.read_pose, "1 2 3", "has 3 numbers, not 16"),
        (seven_scenes.read_pose, "x " * 16, "holds something else than numbers"),
        (seven_scenes.read_pose, "nan " * 16, "is NaN or infinite"),
        (seven_scenes.read_intrinsics, None, "does not exist"),
        (seven_scenes.read_intrinsics, "1 0 0 0 -1 0 0 0 1", "with fx, fy > 0"),
        (seven_scenes.read_intrinsics, "1 0 0 0 1 0 0 0 2", "are not [fx 0 cx; 0 fy cy; 0 0 1]"),
    ],
)
def test_broken_files(tmp_path, read, text, part):
    if text is not None:
        (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.txt")
    assert part in str(caught.value)
    assert str(tmp_path / "a.txt") in str(caught.value)


@pytest.mark.skipif(not KITCHEN.is_dir(), reason=f"no redkitchen in {DATA}")
def test_the_real_poses_are_rigid():
    images = seven_scenes.color_images(KITCHEN)
    assert list(images) == list(range(120))
    assert seven_scenes.read_intrinsics(KITCHEN / seven_scenes.CALIBRATION_FILE)[0, 0] == 585
    for image in images.values():
        seven_scenes.read_pose(seven_scenes.companion(image, "pose.txt"))

"""Cameras, which no machine of tests has: FFmpeg's test picture stands for one."""

from itertools import islice
from typing import Any

import pytest
import torch

from gradunc.data.formats import camera_device
from gradunc.data.formats.camera_device import Camera
from gradunc.data.inputs import open_images
from gradunc.data.inputs.opening import SOURCES
from gradunc.errors import InputError


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every camera shows the same film without end: a card with a clock."""

    def container(self: Camera, library: Any) -> Any:
        return library.open("testsrc=size=64x48:rate=10", format="lavfi")

    monkeypatch.setattr(Camera, "_container", container)
    monkeypatch.setattr("gradunc.data.inputs.camera.camera", lambda number: Camera(number=number, path=None))


def test_pictures_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    images = open_images("3")
    assert images.endless
    assert images.total is None
    found = list(islice(images, 12))
    names = [image.name for image in found]
    assert all(name.startswith("camera3-20") for name in names)
    assert [name.rpartition("/")[2] for name in names[:2]] == ["000000", "000001"]
    assert {tuple(image.read().shape) for image in found} == {(3, 48, 64)}
    assert not torch.equal(found[0].read(), found[11].read())
    assert found[0].identity() == found[0].identity() != found[11].identity()


def test_a_number_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    images = open_images("0", every=5, limit=3)
    assert not images.endless
    assert images.total == 3
    assert [image.name[-6:] for image in images] == ["000000", "000005", "000010"]


def test_a_file_called_0_is_no_camera(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SOURCES["camera"].takes("0")
    (tmp_path / "0").mkdir()
    with pytest.raises(InputError, match="no images in folder '0'"):
        open_images("0")


def test_no_camera_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(InputError) as caught:
        open_images("97")
    assert str(caught.value).startswith("there is no camera 97 here: '/dev/video97' does not exist; give ")


class _Library:
    """What PyAV says of two cameras and a microphone of Windows."""

    @staticmethod
    def enumerate_input_devices(reader: str) -> list[Any]:
        from av.device import DeviceInfo

        kinds = (("front", "video"), ("microphone", "audio"), ("back", "video"))
        return [DeviceInfo(name, name, False, [kind]) for name, kind in kinds]


def test_what_ffmpeg_calls_a_camera() -> None:
    assert camera_device._address(None, "v4l2", 1) == "/dev/video1"
    assert camera_device._address(None, "avfoundation", 1) == "1:none"
    assert camera_device._address(_Library(), "dshow", 1) == "video=back"
    with pytest.raises(InputError, match=r"there is no camera 2 here \(2 found\)"):
        camera_device._address(_Library(), "dshow", 2)
    with pytest.raises(InputError, match="newer PyAV"):
        camera_device._address(object(), "dshow", 0)

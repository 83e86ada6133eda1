"""A camera of this machine as pictures, through FFmpeg's readers of devices. Needs `av` (PyAV) when used."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradunc.data.formats.video import Video
from gradunc.errors import InputError

READERS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
"""Platform -> FFmpeg's reader of its cameras."""


@dataclass
class Camera(Video):
    """A camera; its `path` says what the messages call it. Its pictures have no end."""

    number: int = 0

    def _container(self, library: Any) -> Any:
        reader = READERS.get(sys.platform)
        if reader is None:
            raise InputError(f"{self.path}: cameras are read on Linux, macOS and Windows only; give a film instead")
        return library.open(_address(library, reader, self.number), format=reader)


def camera(number: int) -> Camera:
    """The camera of this number.

    Raises:
        InputError: the machine has none of that number, where that can be told without opening it.
    """
    device = Path(f"/dev/video{number}")
    if sys.platform == "linux" and not device.exists():
        others = sorted(path.name.removeprefix("video") for path in device.parent.glob("video[0-9]*"))
        raise InputError(
            f"there is no camera {number} here: '{device}' does not exist; "
            + (f"give source={others[0]}" if others else "give a film, or images")
        )
    return Camera(Path(f"camera {number}"), number=number)


def _address(library: Any, reader: str, number: int) -> str:
    """What FFmpeg's reader calls the camera."""
    if reader == "v4l2":
        return f"/dev/video{number}"
    if reader == "avfoundation":
        return f"{number}:none"
    if not hasattr(library, "enumerate_input_devices"):
        raise InputError("cameras of Windows need a newer PyAV: pip install -U av")
    found = [one for one in library.enumerate_input_devices(reader) if "video" in one.media_types]
    if number >= len(found):
        raise InputError(f"there is no camera {number} here ({len(found)} found); give a film, or images")
    return f"video={found[number].name}"

"""Films that are written, read back by PyAV."""

import errno
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from gradunc.data.formats.film_kinds import FILM_KINDS
from gradunc.data.formats.video import Video
from gradunc.data.formats.video_writing import VideoWriter, encoder_for, even, note_of
from gradunc.errors import InputError
from tests.data.special_files import SPECIAL, in_time
from tests.data.videos import texture

COLOURS = np.array([[200, 30, 40], [30, 200, 60], [20, 40, 220], [128, 128, 128]], dtype=np.uint8)


def write(path: Path, pictures, times, encoder=None, note="said"):
    kind, found = encoder_for(path)
    with VideoWriter(path, kind, encoder or found, 25, note) as writer:
        for picture, time in zip(pictures, times, strict=True):
            writer.add(picture, time)
    return path


def fields(height, width):
    """Four upright fields of even colours, which survive any encoder."""
    return np.repeat(np.repeat(COLOURS[None], width // 4 + 1, 1), height, 0)[:, :width]


@pytest.mark.parametrize("suffix", FILM_KINDS)
def test_pictures_times_and_note(tmp_path, suffix):
    """Times of a film whose pictures do not come evenly."""
    times = [0, 0.04, 0.08, 0.2, 0.24]
    path = write(tmp_path / f"a{suffix}", [np.roll(fields(64, 96), 8 * i, 1) for i in range(5)], times)
    frames = list(Video(path).pictures())
    assert [frame.size for frame in frames] == [(64, 96)] * 5
    found = [float(frame.time or 0) for frame in frames]
    np.testing.assert_allclose(np.subtract(found, found[0]), times, atol=0.0011)
    for i, frame in enumerate(frames):
        middle = np.roll(fields(64, 96), 8 * i, 1)[32, 4:96:8]
        assert np.abs(frame.rgb(96)[32, 4:96:8].astype(int) - middle).max() < 25, "colours are those of BT.709"
    assert note_of(path) == "said"


def test_sides_of_an_odd_number(tmp_path):
    path = write(tmp_path / "a.mp4", [fields(33, 47)] * 2, [0, 1])
    (first, _) = Video(path).pictures()
    assert first.size == (34, 48)
    np.testing.assert_array_equal(even(fields(33, 47))[33], even(fields(33, 47))[32])
    assert even(fields(32, 48)).shape == (32, 48, 3)


def test_times_that_do_not_go_on(tmp_path):
    path = write(tmp_path / "a.mp4", [fields(32, 48)] * 4, [0, 0.5, 0.5, 0.1])
    times = [frame.time for frame in Video(path).pictures()]
    assert times == sorted(set(times))


def test_the_encoder_of_every_build(tmp_path):
    """MPEG-4 is in every FFmpeg; x264 is not."""
    path = write(tmp_path / "a.mp4", [texture(64, 96, i) for i in range(3)], [0, 1 / 30, 2 / 30], "mpeg4")
    with av.open(str(path)) as film:
        assert film.streams.video[0].codec_context.name == "mpeg4"
        assert len(list(film.decode(video=0))) == 3


def test_no_encoder(tmp_path, monkeypatch):
    def missing(name, mode):
        raise av.codec.codec.UnknownCodecError(name)

    monkeypatch.setattr(av.codec, "Codec", missing)
    with pytest.raises(InputError, match=r"this PyAV has no encoder for 'a.webm' \(libvpx-vp9, libvpx\); .*\.mp4"):
        encoder_for(tmp_path / "a.webm")


def test_a_full_disk_is_an_error_of_the_system(tmp_path, monkeypatch):
    """Of FFmpeg's errors some are none of Python's `OSError`."""
    kind, encoder = encoder_for(tmp_path / "a.mp4")

    class Full(av.error.FFmpegError):
        def __init__(self):
            super().__init__(errno.ENOSPC, "No space left on device")

    def full(*_):
        raise Full

    def written():
        with VideoWriter(tmp_path / "a.mp4", kind, encoder, 25, "") as writer:
            writer.add(fields(32, 48), 0)
            monkeypatch.setattr(writer, "_stream", type("Stream", (), {"encode": full})())
            writer.add(fields(32, 48), 1)

    with pytest.raises(OSError, match="No space left") as caught:
        written()
    assert caught.value.errno == errno.ENOSPC


def test_a_device_without_space():
    kind, encoder = encoder_for(Path("a.mkv"))

    def written():
        with VideoWriter(Path("/dev/full"), kind, encoder, 25, "") as writer:
            for i in range(3):
                writer.add(texture(64, 96, i), i / 25)

    with pytest.raises(OSError, match="No space left"):
        written()


def test_what_is_no_film_says_nothing(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"none")
    assert note_of(tmp_path / "a.mp4") == ""


@pytest.mark.parametrize("plant", SPECIAL, ids=lambda plant: plant.__name__)
def test_what_is_no_ordinary_file_says_nothing(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(tmp_path / "walk.mp4")
    with in_time():
        assert note_of(tmp_path / "walk.mp4") == ""

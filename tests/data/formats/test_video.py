import importlib

import av
import numpy as np
import pytest

from gradunc.data.formats.video import Video, shrunk
from gradunc.errors import InputError
from tests.data.videos import pan, texture, write_video


def read(path):
    return [(picture.time, picture.rgb(10_000)) for picture in Video(path).pictures()]


def message(path) -> str:
    with pytest.raises(InputError) as caught:
        list(Video(path).pictures())
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.mkv", "a.avi", "a.mov"])
def test_pictures_are_read_back_exactly(tmp_path, name):
    pictures = pan([0, 3, 7])
    path = write_video(tmp_path / name, pictures)
    found = read(path)
    assert [time for time, _ in found] == pytest.approx([0, 0.1, 0.2])
    for expected, (_, pixels) in zip(pictures, found, strict=True):
        np.testing.assert_array_equal(pixels, expected)
    sizes = {(picture.index, picture.size) for picture in Video(path).pictures()}
    assert sizes == {(i, (96, 128)) for i in range(3)}


def test_variable_frame_rate_keeps_its_times(tmp_path):
    path = write_video(tmp_path / "a.mkv", pan([0, 1, 2, 3]), times=[0, 33, 500, 510])
    assert [time for time, _ in read(path)] == pytest.approx([0, 0.033, 0.5, 0.51])


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (-90, 3), (180, 2)])
def test_rotated_pictures_stand_upright(tmp_path, rotation, turns):
    picture = texture(96, 128)
    video = Video(write_video(tmp_path / "a.mov", [picture], rotation=rotation))
    upright = np.rot90(picture, turns)
    for found in video.pictures():
        assert found.size == upright.shape[:2]
        np.testing.assert_array_equal(found.rgb(1000), upright)
        assert found.gray(64).shape == ((64, 48) if turns % 2 else (48, 64))


def test_smaller_copies(tmp_path):
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[:, 64:] = 200
    video = Video(write_video(tmp_path / "a.mkv", [picture]))
    for found in video.pictures():
        gray = found.gray(32)
        assert gray.shape == (24, 32)
        assert gray.dtype == np.float32
        np.testing.assert_allclose(gray[:, [2, 29]], [[0, 200]] * 24, atol=1)
    assert shrunk((96, 128), 200) == (96, 128)
    assert shrunk((2000, 1), 1000) == (1000, 1)


def test_what_is_no_video(tmp_path):
    assert message(tmp_path / "a.mp4").startswith(f"video '{tmp_path / 'a.mp4'}' does not exist")
    (tmp_path / "a.mp4").touch()
    assert "the file is empty" in message(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(b"no video at all" * 100)
    assert "Invalid data found" in message(tmp_path / "a.mp4")


def test_a_video_without_pictures(tmp_path):
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    assert "has no pictures, only audio" in message(path)


def test_a_video_that_was_cut_off_gives_what_it_has(tmp_path):
    whole = write_video(tmp_path / "a.mkv", pan(range(20))).read_bytes()
    (tmp_path / "b.mkv").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path / "b.mkv")
    assert 5 < len(found) < 15
    np.testing.assert_array_equal(found[3][1], pan(range(20))[3])
    (tmp_path / "c.mkv").write_bytes(whole[:2000])
    assert "c.mkv" in message(tmp_path / "c.mkv")


def test_titles_that_are_no_text_do_not_matter(tmp_path):
    content = write_video(tmp_path / "a.mkv", pan(range(4))).read_bytes()
    assert b"Lavf" in content
    (tmp_path / "b.mkv").write_bytes(content.replace(b"Lavf", b"\xff\xfe\xffv"))
    with pytest.raises(UnicodeDecodeError):
        av.open(str(tmp_path / "b.mkv"))
    assert len(read(tmp_path / "b.mkv")) == 4


def test_without_the_extra(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert "pip install 'gradunc[video]'" in message(tmp_path / "a.mp4")

import hashlib
import json
import os
import threading

import numpy as np
import pytest
from PIL import Image

from gradunc.data.sets.video import extraction
from gradunc.data.sets.video.extracted import INDEX, JOURNAL
from gradunc.data.sets.video.extraction import extract
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError
from tests.data.videos import pan, write_video
from tests.helpers import files_in

OPTIONS = VideoSettings(min_motion=0.03)
DARK = [np.zeros((96, 128, 3), np.uint8)]


@pytest.fixture
def video(tmp_path):
    """Motion, a pause, darkness, a cut, motion: kept are 0, 2, 4, 8, 10."""
    pictures = pan([0, 2, 4, 6, 8, 8, 8]) + DARK + pan([0, 2, 4], seed=1)
    return write_video(tmp_path / "walk.mkv", pictures)


def take(video, cache, options=OPTIONS):
    return extract(video, cache, options, progress=False)


def content(folder):
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def test_what_is_kept(video, tmp_path):
    found = take(video, tmp_path / "cache")
    assert [(one.index, one.sequence) for one in found.pictures] == [(0, 0), (2, 0), (4, 0), (8, 1), (10, 1)]
    assert [one.time for one in found.pictures] == pytest.approx([0, 0.2, 0.4, 0.8, 1.0])
    assert (found.size, found.decoded, found.static, found.blank, found.damaged) == ((96, 128), 11, 5, 1, 0)
    assert [[path.name for path in paths] for paths in found.sequences.values()] == [
        ["00000000.jpg", "00000002.jpg", "00000004.jpg"],
        ["00000008.jpg", "00000010.jpg"],
    ]
    assert found.summary() == "5 of 11 pictures kept in 2 sequence(s); left out: 5 without motion, 1 blank"
    pixels = Image.open(found.sequences[1][1]).convert("L")  # JPEG keeps brightness better than colour
    expected = Image.fromarray(pan([0, 2, 4], seed=1)[2]).convert("L")
    assert np.abs(np.asarray(pixels, dtype=int) - np.asarray(expected)).mean() < 2
    assert files_in(found.folder) == {INDEX, JOURNAL, ".lock", *(one.file for one in found.pictures)}


def test_a_second_call_reads_no_video(video, tmp_path, monkeypatch):
    first = take(video, tmp_path / "cache")
    monkeypatch.setattr(extraction, "Video", None)
    assert take(video, tmp_path / "cache") == first


def test_other_settings_and_another_file_have_folders_of_their_own(video, tmp_path):
    folders = {take(video, tmp_path / "c", options).folder for options in (OPTIONS, VideoSettings(max_side=64))}
    os.utime(video, ns=(1, 1))
    folders.add(take(video, tmp_path / "c").folder)
    assert len(folders) == 3
    small = take(video, tmp_path / "c", VideoSettings(max_side=64))
    assert Image.open(small.sequences[0][0]).size == (64, 48)
    assert small.size == (96, 128)


def test_the_folder_is_named_by_the_file_and_by_what_decides_on_pictures(video, tmp_path):
    """Caches on disk stay valid: their key has no other values, however the options grow."""
    os.utime(video, ns=(5, 7))
    key = {"name": "walk.mkv", "bytes": video.stat().st_size, "changed": 7, "version": 1}
    key |= {"min_motion": 0.03, "cuts": True, "max_side": 1280}
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    assert take(video, tmp_path / "cache").folder == tmp_path / "cache" / f"walk-{name}"
    assert take(video, tmp_path / "cache", VideoSettings(min_motion=0.03, hfov=50)).folder.name == f"walk-{name}"


@pytest.mark.parametrize("finished", [0, 1, 3, 4])
def test_a_break_is_gone_on_from(video, tmp_path, monkeypatch, finished):
    whole = content(take(video, tmp_path / "whole").folder)
    written = []

    def write(path, data):
        if len(written) == finished:
            raise KeyboardInterrupt
        written.append(path)
        original(path, data)

    original = extraction.write_bytes
    monkeypatch.setattr(extraction, "write_bytes", write)
    with pytest.raises(KeyboardInterrupt):
        take(video, tmp_path / "cache")
    [folder] = (tmp_path / "cache").iterdir()
    assert not (folder / INDEX).exists()
    with (folder / JOURNAL).open("a") as journal:
        journal.write('{"index": 99, "ti')  # a line torn by a loss of power
    written.clear()
    monkeypatch.setattr(extraction, "write_bytes", lambda path, data: (written.append(path), original(path, data)))
    take(video, tmp_path / "cache")
    assert content(folder) == whole
    assert len(written) == 6 - finished  # the index too


def test_two_processes_at_once(video, tmp_path, monkeypatch):
    fills = []
    original = extraction._fill
    monkeypatch.setattr(extraction, "_fill", lambda *a, **k: (fills.append(1), original(*a, **k)))
    results = []
    threads = [threading.Thread(target=lambda: results.append(take(video, tmp_path / "cache"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1
    assert results[0] == results[1] == results[2]


def test_a_damaged_file_is_told(video, tmp_path):
    folder = take(video, tmp_path / "cache").folder
    index = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**index, "announced": 40, "damaged": 3}))
    assert "(the file announces 40: it is damaged or cut off)" in take(video, tmp_path / "cache").summary()
    assert "1 blank, 3 damaged packets" in take(video, tmp_path / "cache").summary()


def test_messages(video, tmp_path):
    def message(path, cache=tmp_path / "cache"):
        with pytest.raises(InputError) as caught:
            take(path, cache)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "no video file" in message(tmp_path / "none.mp4")
    dark = write_video(tmp_path / "dark.mkv", DARK * 3)
    assert "shows nothing: all 3 pictures are blank" in message(dark)
    (tmp_path / "file").touch()
    assert "set data.cache=FOLDER" in message(video, tmp_path / "file")
    (tmp_path / "bad.mp4").write_bytes(b"bad" * 99)
    assert "cannot read video" in message(tmp_path / "bad.mp4")

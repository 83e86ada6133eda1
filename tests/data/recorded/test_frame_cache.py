"""Copies of resized images: the same pixels, never stale, never half a file."""

import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from gradunc.data import array_files
from gradunc.data.image_files import load_image
from gradunc.data.recorded.frame_cache import CachedFrames, CachedImage
from gradunc.data.recorded.frames import ImageFile
from gradunc.data.recorded.views import Box, CroppedImage
from gradunc.errors import InputError
from tests.data.recordings import SIZE, image_path, record, truncate


@dataclass(frozen=True)
class Counting:
    """An image file that notes every reading beside it."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def reads(self) -> int:
        log = Path(f"{self.path}.log")
        return len(log.read_text()) if log.exists() else 0

    def load(self, size):
        with open(f"{self.path}.log", "a") as log:
            log.write("x")
        return load_image(self.path, size)


@pytest.fixture
def image(tmp_path) -> CachedImage:
    record(tmp_path / "data", 1)
    return CachedImage(Counting(image_path(tmp_path / "data", 0)), tmp_path / "cache")


def copies(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_copy_is_the_image(image):
    expected = image.source.load(SIZE)
    assert torch.equal(image.load(SIZE), expected)
    assert torch.equal(image.load(SIZE), expected)
    assert image.load(SIZE).dtype == torch.uint8
    assert image.source.reads == 2
    assert copies(image.folder) == [image.copy(SIZE)]
    assert image.name == image.source.name


def touch(image):
    os.utime(image.path, ns=(1, 1))


def grow(image):
    status = image.path.stat()
    image.path.write_bytes(image.path.read_bytes() + b"x")
    os.utime(image.path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [touch, grow])
def test_another_file_is_read_anew(image, change):
    before = image.copy(SIZE)
    image.load(SIZE)
    change(image)
    assert image.copy(SIZE) != before
    image.load(SIZE)
    assert image.source.reads == 2


def test_every_size_and_part_has_a_copy_of_its_own(image):
    image.load(SIZE)
    assert image.load((6, 10)).shape == (3, 6, 10)
    parts = [
        CachedImage(CroppedImage(image.path, Box(0, 24, left, left + 20), (24, 40)), image.folder) for left in (0, 20)
    ]
    assert parts[0].name == parts[1].name
    for part in parts:
        assert torch.equal(part.load(SIZE), part.source.load(SIZE))
        assert torch.equal(part.load(SIZE), part.source.load(SIZE))
    assert len(copies(image.folder)) == 4


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_copy_is_made_anew(image, damage):
    expected = image.load(SIZE)
    file = image.copy(SIZE)
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes({"cut": content[:-5], "flip": content, "empty": b""}[damage])
    assert torch.equal(image.load(SIZE), expected)
    assert image.source.reads == 2
    assert torch.equal(torch.from_numpy(array_files.read(file)["image"]), expected)


def test_a_vanished_or_damaged_image_is_an_error_and_leaves_no_copy(image):
    truncate(image.path)
    with pytest.raises(InputError, match="cannot read image"):
        image.load(SIZE)
    image.path.unlink()
    with pytest.raises(InputError, match="does not exist"):
        image.load(SIZE)
    assert copies(image.folder) == []


def test_an_unusable_folder_costs_time_but_no_sample(image):
    image.folder.write_text("a file")
    with pytest.warns(UserWarning, match="resized images are not kept: cannot write to .*; set data.cache=FOLDER"):
        assert torch.equal(image.load(SIZE), image.source.load(SIZE))


def test_an_interrupted_write_leaves_nothing(image, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        image.load(SIZE)
    assert copies(image.folder) == []


def test_a_copy_may_be_read_by_others(image):
    mask = os.umask(0o022)
    try:
        image.load(SIZE)
    finally:
        os.umask(mask)
    assert image.copy(SIZE).stat().st_mode & 0o777 == 0o644


def _load(images: list[CachedImage], expected: list[torch.Tensor], failures) -> None:
    for _ in range(20):
        for image, pixels in zip(images, expected, strict=True):
            if not torch.equal(image.load(SIZE), pixels):
                failures.put(image.name)
            image.copy(SIZE).unlink(missing_ok=True)


def test_processes_share_a_folder(tmp_path):
    """Each reads, writes and deletes the same copies all the time."""
    data = record(tmp_path / "data", 3)
    images = [CachedImage(frame.image, tmp_path / "cache") for frame in data.frames]
    expected = [frame.image.load(SIZE) for frame in data.frames]
    context = multiprocessing.get_context("fork")
    failures = context.Queue()
    processes = [context.Process(target=_load, args=(images, expected, failures)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert failures.empty()
    assert not list(tmp_path.rglob("*.part"))


def test_a_data_set_with_copies_has_the_same_samples(tmp_path):
    plain = record(tmp_path / "data", 4, sources=True)
    data = CachedFrames(plain, tmp_path / "cache")
    for _ in range(2):
        for one, other in zip((data[i] for i in range(4)), (plain[i] for i in range(4)), strict=True):
            assert one.keys() == other.keys()
            assert all(torch.equal(one[key], other[key]) for key in ("image", "sources", "depth"))
            assert one["path"] == other["path"]
    assert len(copies(tmp_path / "cache")) == 4


@pytest.mark.parametrize("threads", [1, 3])
def test_prepare_goes_on_where_it_was_interrupted(tmp_path, threads):
    data = CachedFrames(record(tmp_path / "data", 5, sources=True), tmp_path / "cache", threads)
    data.frames[1].image.load(SIZE)
    first = data.frames[1].image.copy(SIZE)
    written = first.stat().st_mtime_ns
    data.prepare(progress=False)
    assert len(copies(tmp_path / "cache")) == 5
    assert first.stat().st_mtime_ns == written
    for path in (tmp_path / "data").glob("*.jpg"):
        content, times = path.stat().st_size, path.stat().st_mtime_ns
        path.write_bytes(bytes(content))
        os.utime(path, ns=(times, times))
    data.prepare(progress=False)  # reads nothing
    assert torch.equal(data[1]["image"], torch.from_numpy(array_files.read(first)["image"]))


def test_prepare_meets_a_damaged_image(tmp_path):
    plain = record(tmp_path / "data", 4)
    truncate(image_path(tmp_path / "data", 2))
    with pytest.raises(InputError, match=r"cannot read image '.*2.jpg'"):
        CachedFrames(plain, tmp_path / "cache").prepare(progress=False)
    CachedFrames(plain, tmp_path / "cache", strict=False).prepare(progress=False)
    assert len(copies(tmp_path / "cache")) == 3


def test_prepare_names_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "cache").write_text("a file")
    data = CachedFrames(record(tmp_path / "data", 1), tmp_path / "cache", strict=False)
    with pytest.raises(InputError) as caught:
        data.prepare(progress=False)
    assert str(caught.value).startswith(f"cannot write to '{tmp_path / 'cache'}': ")
    assert str(caught.value).endswith("; set data.cache=FOLDER")


def test_file_sources_are_told_apart_by_their_repr():
    assert repr(ImageFile(Path("a"))) == repr(ImageFile(Path("a"))) != repr(ImageFile(Path("b")))

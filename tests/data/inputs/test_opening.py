"""What `source=` may name, and what is said about what lies beside it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.image_files import SUFFIXES, read_image
from gradunc.data.inputs import open_images
from gradunc.data.inputs.opening import SOURCES
from gradunc.errors import InputError
from tests.data.videos import pan, write_film, write_video
from tests.helpers import picture, write_images


def message(source: object) -> str:
    with pytest.raises(InputError) as caught:
        list(open_images(str(source)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(source: object, **options: int) -> list[str]:
    return [image.name for image in open_images(str(source), **options)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "deep/er/c.webp", "d.avif", "._a.png", ".cache/d.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def write_film_source(folder: Path) -> str:
    return str(write_video(folder / "walk.mkv", pan([0, 3, 7])))


def write_list(folder: Path) -> str:
    write_images(folder / "photos", [(40, 60)] * 3)
    (folder / "list.txt").write_text("# mine\n\nphotos/2.png\n  photos/0.png \nphotos/1.png\nphotos/2.png\n")
    return str(folder / "list.txt")


def write_three(folder: Path) -> str:
    write_images(folder, [(40, 60)] * 3)
    return str(folder)


WRITERS = {
    "list": (write_list, ["2.png", "0.png", "1.png"]),
    "film": (write_film_source, ["walk.mkv/000000", "walk.mkv/000001", "walk.mkv/000002"]),
    "image": (lambda folder: str(write_images(folder)[0]), ["0.png"]),
    "folder": (write_three, ["0.png", "1.png", "2.png"]),
    "pattern": (lambda folder: f"{write_three(folder)}/*.png", ["0.png", "1.png", "2.png"]),
}
"""Kind -> what makes a source of it in a folder, and the names of its images. Cameras: test_camera.py."""


def test_every_kind_is_here() -> None:
    assert {*WRITERS, "camera"} == set(SOURCES)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_source(kind: str, tmp_path: Path) -> None:
    write, expected = WRITERS[kind]
    source = write(tmp_path)
    assert next(name for name, one in SOURCES.items() if one.takes(source)) == kind
    images = open_images(source)
    assert images.total in (len(expected), None)
    for _ in range(2):
        found = [(image.name, image.read(), image.identity(), image.label) for image in images]
        assert [name for name, *_ in found] == expected
        assert len({identity for _, _, identity, _ in found}) == len(expected)
        for _, pixels, identity, label in found:
            assert pixels.dtype == torch.float32
            assert pixels.shape in ((3, 40, 60), (3, 48, 64), (3, 96, 128))
            assert 0 <= pixels.min() < pixels.max() <= 1
            assert identity
            assert Path(label.partition(",")[0]).is_file()
    assert not images.endless
    assert images.notes == ()


@pytest.mark.parametrize("kind", WRITERS)
def test_some_images_of_a_source(kind: str, tmp_path: Path) -> None:
    write, expected = WRITERS[kind]
    source = write(tmp_path)
    for every, limit in ((1, 2), (2, None), (2, 1), (3, None), (1, 100), (2, 2)):
        assert names(source, every=every, limit=limit) == expected[::every][:limit]
        total = open_images(source, every=every, limit=limit).total
        assert total is None or total >= len(expected[::every][:limit])
        if kind != "film":
            assert total == len(expected[::every][:limit])


def test_pictures_of_a_film_are_the_pictures(tmp_path: Path) -> None:
    pictures = pan([0, 3, 7])
    for expected, image in zip(pictures, open_images(write_video(tmp_path / "a.mkv", pictures)), strict=True):
        assert torch.equal(image.read(), torch.from_numpy(expected.copy()).movedim(-1, 0).float() / 255)


def test_a_film_announces_how_many_pictures_come(tmp_path: Path) -> None:
    film = write_film(tmp_path / "walk.mp4", count=25)
    assert open_images(film).total == 25
    assert open_images(film, every=10).total == 3
    assert open_images(film, every=10, limit=2).total == 2
    assert names(film, every=10) == ["walk.mp4/000000", "walk.mp4/000010", "walk.mp4/000020"]


def test_another_film_of_the_same_name_is_another(tmp_path: Path) -> None:
    film = write_film(tmp_path / "walk.mp4", count=5)
    before = [image.identity() for image in open_images(film)]
    film.write_bytes(write_film(tmp_path / "other.mp4", count=5, step=8).read_bytes())
    assert not {*before} & {image.identity() for image in open_images(film)}


def test_the_identity_of_a_long_film_sees_its_beginning_and_its_end(tmp_path: Path) -> None:
    from gradunc.data.inputs.film import BLOCK, BLOCKS, film_identity

    path = tmp_path / "a.mp4"
    found = set()
    for place in (None, 0, BLOCK * BLOCKS * 2 - 1):
        with path.open("wb") as file:
            file.truncate(BLOCK * BLOCKS * 2)
            if place is not None:
                file.seek(place)
                file.write(b"x")
        found.add(film_identity(path.rename(tmp_path / f"{place}.mp4")))
    assert len(found) == 3


def test_damaged_packets_of_a_film_are_told(tmp_path: Path) -> None:
    film = write_video(tmp_path / "walk.mkv", pan(range(20)))
    content = bytearray(film.read_bytes())
    for place in range(len(content) // 4, len(content) // 2, 97):
        content[place] ^= 0xFF
    film.write_bytes(bytes(content))
    with pytest.warns(UserWarning, match=r"[0-9]+ packets of '.*walk\.mkv' are damaged"):
        list(open_images(film))


def test_a_file_may_have_any_suffix(tmp_path: Path) -> None:
    path = write_images(tmp_path)[0].rename(tmp_path / "a[1].data")
    assert names(path) == ["a[1].data"]


def test_a_folder(folder: Path) -> None:
    images = open_images(folder)
    assert [image.name for image in images] == ["a.png", "b.JPG", "d.avif", "deep/er/c.webp"]
    assert images.files == tuple(folder / image.name for image in images)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", ["a.png"]),
        ("*", ["a.png", "b.JPG", "d.avif"]),
        ("**/*", ["a.png", "b.JPG", "d.avif", "deep/er/c.webp"]),
        ("deep/*/c.*", ["er/c.webp"]),
        ("deep/../*.png", ["a.png"]),
    ],
)
def test_a_pattern(folder: Path, pattern: str, expected: list[str]) -> None:
    assert names(folder / pattern) == expected


@pytest.mark.parametrize("kind", ["folder", "pattern", "list"])
def test_panels_of_ours_are_no_images(kind: str, folder: Path) -> None:
    """A panel is told by the depth beside it: `b.JPG.panel.png` has none, so it is somebody's image."""
    for name in ("a.png.depth.npy", "a.png.panel.png", "b.JPG.panel.png", ".panel.png"):
        (folder / name).touch()
    (folder / "list.txt").write_text("a.png\na.png.panel.png\nb.JPG.panel.png\n")
    images = open_images({"folder": folder, "pattern": folder / "*.png", "list": folder / "list.txt"}[kind])

    expected = {"folder": ["a.png", "b.JPG", "b.JPG.panel.png", "d.avif", "deep/er/c.webp"]}
    assert [image.name for image in images] == expected.get(kind, ["a.png", "b.JPG.panel.png"])
    assert images.total == len(images.files) == len(list(images))


def test_nothing_but_panels(tmp_path: Path) -> None:
    for name in ("a.png.depth.npy", "a.png.panel.png"):
        (tmp_path / name).touch()
    for source in (tmp_path, tmp_path / "*.png", tmp_path / "a.png.panel.png"):
        assert message(source) == f"source='{source}' holds only results of earlier runs; give the images themselves"


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    "options", [{"every": 0}, {"every": -1}, {"limit": 0}, {"limit": -3}, {"every": 1.5}, {"limit": "2"}]
)
def test_how_many_images_is_a_number_above_zero(kind: str, options: dict[str, Any], tmp_path: Path) -> None:
    source = WRITERS[kind][0](tmp_path)
    ((name, value),) = options.items()
    with pytest.raises(InputError, match=f"^{name}={re.escape(repr(value))} must be a whole number, at least 1$"):
        open_images(source, **options)
    assert len(names(source, every=np.int64(3), limit=np.int64(1))) == 1


def test_what_is_no_image_is_counted_and_named(folder: Path) -> None:
    others = ("x.heic", "deep/y.HEIC", "a.gif", "a.dng", "b.nef", "a.pdf", "walk.mp4", "list.txt", ".z.heic", "a.json")
    for name in others:
        (folder / name).touch()
    notes = open_images(folder).notes
    beginnings = [note.partition(";")[0] for note in notes]
    assert beginnings == [
        "ignored: 2 HEIC files ('y.HEIC', ...)",
        "ignored: 1 GIF file ('a.gif')",
        "ignored: 2 raw photograph files ('a.dng', ...)",
        "ignored: 1 film file ('walk.mp4')",
        "ignored: 1 document file ('a.pdf')",
        "ignored: 1 text file ('list.txt')",
    ]
    assert "magick IMG.heic IMG.jpg" in notes[0]
    assert "source=FILM" in notes[3]
    assert open_images(folder / "*.png").notes == ()
    assert len(open_images(folder / "*").notes) == 6


def test_nothing_is_found(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert message(folder / "empty").startswith(f"no images in folder '{folder / 'empty'}' (suffixes: .avif, .bmp")
    assert message(folder / "*.gif").startswith(f"no images for pattern '{folder / '*.gif'}'")
    nearest = f"'{folder / 'dep'}' does not exist; did you mean '{folder / 'deep'}'?"
    assert message(folder / "dep/*.png") == nearest
    assert "did you mean" in message(folder / "dep/er/c.webp")
    (folder / "empty" / "x.heic").touch()
    assert "ignored: 1 HEIC file ('x.heic'); convert it to JPEG" in message(folder / "empty")


def test_an_address_is_no_file() -> None:
    assert message("https://example.org/a.jpg") == (
        "'https://example.org/a.jpg' is an address; download it, and give the file"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("photos/9.png", "line 2: 'photos/9.png' does not exist in '"),
        ("photos", "line 2: 'photos' is a folder"),
        ("photos/a.heic", "line 2: 'photos/a.heic' is no image but HEIC; convert it to JPEG"),
        ("photos/a.mp4", "line 2: 'photos/a.mp4' is no image but film; give it by its own name: source=FILM"),
    ],
)
def test_a_list_with_something_wrong(tmp_path: Path, line: str, said: str) -> None:
    write_list(tmp_path)
    for name in ("a.heic", "a.mp4"):
        (tmp_path / "photos" / name).touch()
    (tmp_path / "list.txt").write_text(f"photos/0.png\n{line}\n")
    assert said in message(tmp_path / "list.txt")


def test_a_list_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# nothing\n")
    assert "names no image; write one path a line" in message(tmp_path / "list.txt")


def test_a_list_of_images_in_several_places(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_images(tmp_path / name / "deep")
    lists = tmp_path / "lists" / "list.txt"
    lists.parent.mkdir()
    lists.write_text(f"../one/deep/0.png\n{tmp_path / 'two/deep/0.png'}\n")
    assert names(lists) == ["one/deep/0.png", "two/deep/0.png"]


def test_a_list_that_leads_through_a_link(tmp_path: Path) -> None:
    """`link/..` is the folder above the one that the link points to: the x.png beside the list is another image."""
    for folder in (tmp_path, tmp_path / "far"):
        write_images(folder)[0].rename(folder / "x.png")
    (tmp_path / "far" / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    (tmp_path / "list.txt").write_text("link/../x.png\n")

    assert open_images(tmp_path / "list.txt").files == (tmp_path.resolve() / "far" / "x.png",)


def test_a_list_keeps_the_names_of_links(tmp_path: Path) -> None:
    """Two links to one folder are two names of its images, as they are written, and so of their results."""
    write_images(tmp_path / "store")[0].rename(tmp_path / "store" / "x.png")
    for name in ("a", "b"):
        (tmp_path / name).symlink_to(tmp_path / "store")
    (tmp_path / "list.txt").write_text("a/x.png\nb/x.png\n")

    assert open_images(tmp_path / "list.txt").files == (tmp_path / "a" / "x.png", tmp_path / "b" / "x.png")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "but HEIC; convert it to JPEG"),
        (b"GIF89a\1\0\1\0", "but GIF; save a picture of it"),
        (b"%PDF-1.7", "but document; export"),
        (b"hello", "not a JPEG, PNG, WebP, AVIF, BMP, TIFF or PPM file"),
    ],
)
def test_a_file_that_is_none_of_the_formats_is_told_by_its_content(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_image(path)
    assert str(caught.value).endswith(said) if content == b"hello" else said in str(caught.value)


def test_a_film_read_as_an_image_says_the_way(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"but film; give it by its own name: source=FILM, or train"):
        read_image(write_film(tmp_path / "walk.mp4", count=3))


def test_avif(tmp_path: Path) -> None:
    assert ".avif" in SUFFIXES
    Image.fromarray(picture(40, 60)).save(tmp_path / "a.avif", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    Image.fromarray(picture(40, 60)).save(tmp_path / "b.avif", quality=95, exif=exif)
    found = read_image(tmp_path / "a.avif")
    np.testing.assert_allclose(found.movedim(0, -1), picture(40, 60) / 255, atol=0.06)
    turned = read_image(tmp_path / "b.avif")
    np.testing.assert_allclose(turned, torch.rot90(found, -1, (1, 2)), atol=0.02)

"""Photos, a film and a folder with depth, as a new user has them: `material.py FOLDER`."""

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from gradunc.data.sets.synthetic.render import RenderedView, render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.world import generate

SEED = 4711


def view(size: tuple[int, int], scene: int, time: float) -> RenderedView:
    """The street of a world that no training has seen."""
    return render(generate(SEED, "test", scene), time, "left", RenderSettings(height=size[0], width=size[1]))


def write_photos(folder: Path) -> None:
    """A wide JPEG, a portrait PNG, a JPEG that is stored turned, and files that are no photos."""
    folder.mkdir(parents=True)
    Image.fromarray(view((240, 840), 0, 1.0).image).save(folder / "street.jpg", quality=92)
    Image.fromarray(view((800, 600), 1, 1.0).image).save(folder / "portrait.png")
    turned, exif = Image.fromarray(np.rot90(view((120, 420), 2, 1.0).image)), Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise when shown
    turned.save(folder / "phone.jpg", exif=exif)
    (folder / "notes.txt").write_text("Tuesday, rain\n", encoding="utf-8")
    (folder / "scan.pdf").write_bytes(b"%PDF-1.7\n")


def write_film(path: Path, frames: int = 60) -> None:
    """A plain H.264 film of a drive, 320x240, 30 frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.time_base = Fraction(1, 30)
        for index in range(frames):
            picture = view((240, 320), 3, 0.2 + index / 12).image  # far from the least motion, on any encoder
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def write_folder(folder: Path, scenes: int = 10) -> None:
    """Images and 16-bit depth in millimetres, one sequence for each scene."""
    for scene in range(scenes):
        images, depths = (folder / f"drive{scene}" / name for name in ("images", "depth"))
        images.mkdir(parents=True)
        depths.mkdir()
        for index in range(2):
            seen = view((128, 416), 10 + scene, 0.5 + index)
            Image.fromarray(seen.image).save(images / f"{index:03d}.png")
            near = np.where(seen.depth < 60, seen.depth, 0)
            Image.fromarray(np.round(near * 1000).astype(np.uint16)).save(depths / f"{index:03d}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write_photos(target / "photos")
    write_film(target / "walk.mp4")
    write_folder(target / "folder")

"""What a teacher says of images without truth, as a folder that `data=folder data.folder.truth=disparity` reads."""

from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from gradunc.commands.progress import tracked
from gradunc.data.image_files import resize_image
from gradunc.data.inputs import InputImage, open_images
from gradunc.errors import InputError
from gradunc.files import remove_leftovers, replacing, write_json
from gradunc.models import DepthModel, load_model
from gradunc.ops.devices import choose_device
from gradunc.ops.quantities import of_depth
from gradunc.prediction.network import own_size, shown_to_network
from gradunc.text_files import read_json
from gradunc.types import Size
from gradunc.uncertainty.learned import checksum

FACTS = "labels.json"
"""Beside the folders of labels: whose they are, at which size, and whether all are there."""
LARGEST = 1 << 20
HIGHEST = 2**16 - 1


def write_labels(
    source: str, teacher: str, folder: Path, size: Size, *, shard: int = 1000, progress: bool = True
) -> int:
    """Label every image of a source that is not labelled yet; returns how many labels there are then.

    `folder/shard-00000/images/` has the images as the student sees them, `disparity/` what the teacher says of the
    images as they are: 16-bit PNG, 1 = the smallest disparity of the image, 65535 = the largest, 0 = unknown.

    Args:
        source: see `open_images`.
        teacher: what `load_model` takes.
        folder: of the labels.
        size: (h,w) of images and labels.
        shard: images in a folder.
        progress: show a bar.

    Raises:
        InputError: no image, no teacher, or labels of another teacher, source or size.
    """
    images = open_images(source)
    if images.live or images.endless:
        raise InputError(f"pseudo.images={source} cannot be read again; give files")
    network = load_model(teacher, device=choose_device("auto"))
    facts: dict[str, Any] = {
        "teacher": f"{checksum(network):08x}",
        "source": source,
        "size": list(size),
        "shard": shard,
    }
    facts["names"] = None if images.stream else crc32("\n".join(image.name for image in images).encode())
    if _is_done(folder, facts):
        print(f"stage labels is done: {folder}", flush=True)
        return int(_stored(folder)["images"])
    print(f"stage labels: {folder}", flush=True)
    write_json(folder / FACTS, facts)
    remove_leftovers(folder)
    count = 0
    for image in tracked(images, "labels", images.total, Console(), shown=progress):
        _label(image, network, folder / f"shard-{count // shard:05d}", count, size)
        count += 1
    write_json(folder / FACTS, facts | {"images": count})
    print(f"{count} labels", flush=True)
    return count


def _is_done(folder: Path, facts: dict[str, Any]) -> bool:
    """Whether all labels are there; InputError for those of another teacher."""
    stored = _stored(folder)
    changed = [f"{key}={stored[key]}" for key, value in facts.items() if key in stored and stored[key] != value]
    if changed:
        raise InputError(
            f"the labels in {folder} were made with another teacher or other images ({', '.join(changed)}); remove "
            "them, or set pseudo.folder to another one"
        )
    return "images" in stored


def _stored(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    found = read_json(path, "description of labels", LARGEST) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def _label(image: InputImage, network: DepthModel, folder: Path, number: int, size: Size) -> None:
    """Write an image and its label, unless they are there."""
    name = f"{number:08d}-{Path(image.name).stem}.png"
    seen, label = folder / "images" / name, folder / "disparity" / name
    if seen.is_file() and label.is_file():
        return
    pixels = image.read()[None]
    small = resize_image(pixels, size)[0].mul(255).round().byte().movedim(0, -1).numpy()
    disparity = _disparity(network, pixels, size)
    if not np.isfinite(disparity).any():
        raise InputError(f"the teacher says nothing of {image.label}: not one value is finite")
    with replacing(seen, label) as (one, other):
        Image.fromarray(small).save(one, format="PNG")
        Image.fromarray(_as_stored(disparity)).save(other, format="PNG")


def _disparity(network: DepthModel, image: torch.Tensor, size: Size) -> NDArray[np.float32]:
    """The teacher's disparity of an image (1,3,H,W), (h,w), up to a factor and a shift."""
    device = next(network.parameters()).device
    with torch.no_grad():
        depth = network(shown_to_network(image.to(device), own_size(network))).depth.float()
    if network.output_space.quantity == "depth":
        depth = of_depth(depth, "disparity")
    resized = torch.nn.functional.interpolate(depth, size=size, mode="bilinear", align_corners=False)
    return resized[0, 0].cpu().numpy()


def _as_stored(disparity: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Stretched to 1...65535, 0 where it is not finite; a factor and a shift do not matter.

    >>> _as_stored(np.array([[0.25, 0.5, np.nan]], np.float32)).tolist()
    [[1, 65535, 0]]
    """
    known = np.isfinite(disparity)
    low, high = disparity[known].min(), disparity[known].max()
    share = (np.where(known, disparity, low).astype(np.float64) - low) / max(float(high - low), 1e-12)
    return np.where(known, np.rint(1 + share * (HIGHEST - 1)), 0).astype(np.uint16)

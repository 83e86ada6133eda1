"""Frames of NYU Depth V2: the official divisions, crops and caps by name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gradunc.data.formats import nyu
from gradunc.data.recorded.division import Division, EmptySplit, divide
from gradunc.data.recorded.frames import Frame, resized_intrinsics
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.recorded.sizes import image_size, usual_size
from gradunc.data.recorded.truth import TRIED, check_first
from gradunc.data.recorded.views import Box
from gradunc.data.remarks import Note, Remarks
from gradunc.data.sets.nyu.files import NyuItem, fastdepth, labelled, listed
from gradunc.data.sets.nyu.settings import DEPTHS, LAYOUTS, VALIDATION, NyuSettings
from gradunc.data.sets.nyu.views import NyuTruth
from gradunc.errors import InputError, unknown
from gradunc.types import FrameIds, Split

Items = tuple[list[NyuItem], tuple[int, int]]


def nyu_frames(
    root: Path,
    split: Split,
    frames: FrameIds,
    options: NyuSettings,
    *,
    strict: bool = True,
    remarks: Remarks | None = None,
) -> list[Frame]:
    """The frames of one split; unless `strict`, damaged files are left to the loading of their frames.

    `remarks` get a note on a test split that is not the official one.

    Raises:
        InputError: no such layout; a missing or damaged file; an unknown name of an option.
    """
    if frames:
        raise NoNeighbours(f"data=nyu has no source views {[*frames]}: its images are single; set objective=supervised")
    crop = options.train_crop if split == "train" else options.eval_crop
    for key, value, choices in (
        ("layout", options.layout, LAYOUTS),
        ("depth", options.depth, DEPTHS),
        ("validation", options.validation, VALIDATION),
        ("train_crop", options.train_crop, nyu.CROPS),
        ("eval_crop", options.eval_crop, nyu.CROPS),
    ):
        if value not in choices:
            raise unknown(f"data.nyu.{key}", value, choices)
    items, size = _items(root, split, options, strict)
    if remarks is not None and split == "test" and len(items) != nyu.COUNTS["test"]:
        remarks.note(Note(f"{len(items)} test images of NYU, not the official 654: figures do not compare"))
    edges = nyu.CROPS[crop]
    if edges is not None and size != nyu.SIZE:
        raise InputError(f"the crop '{crop}' is about 640x480 pixels, '{items[0].path}' has {size[1]}x{size[0]}")
    box = None if edges is None else Box(*edges)
    cap = options.train_max_depth if split == "train" else None
    found = [_frame(item, size, box, cap) for item in items]
    check_first(found, TRIED if strict else None)
    return found


def _items(root: Path, split: Split, options: NyuSettings, strict: bool) -> Items:
    if "val" in options.lists and options.validation != "official":
        raise InputError(f"data.nyu.val_list contradicts data.nyu.validation={options.validation}; remove one of them")
    if split == "test" or (split == "val" and options.validation == "official"):
        return _part(root, "val" if split == "val" and "val" in options.lists else "test", options, strict)
    items, size = _part(root, "train", options, strict)
    if options.validation == "holdout":
        if any(item.path.suffix != ".h5" for item in items):
            raise InputError("data.nyu.validation=holdout is about files of data.nyu.layout=fastdepth; choose scenes")
        chosen = [item for item in items if (item.path.name in nyu.HOLDOUT) == (split == "val")]
    elif options.validation == "scenes":
        chosen = _by_room(items, split, options.val_share)
    else:
        chosen = items
    if not chosen:
        raise InputError(f"data.nyu.validation={options.validation} leaves no image to the {split} split")
    return chosen, size


def _part(root: Path, part: Split, options: NyuSettings, strict: bool) -> Items:
    layout = recognised(root, options)
    if layout == "labelled":
        splits = None if options.splits is None else Path(options.splits).expanduser()
        return labelled(root, options.depth, splits, part)
    if layout == "fastdepth":
        return fastdepth(root, part, strict=strict)
    if part not in options.lists:
        raise InputError(f"data.nyu.{part}_list is missing: a file of lines 'image depth [focal]' below data.root")
    items = listed(root, Path(options.lists[part]).expanduser(), options.depth_scale)
    return items, usual_size((item.path for item in items), image_size, strict=strict)


def recognised(root: Path, options: NyuSettings) -> str:
    """The layout that is asked for, or that the files have; InputError if they have none."""
    if options.layout != "auto":
        return options.layout
    if options.lists:
        return "png"
    if (root / nyu.LABELLED_FILE).is_file():
        return "labelled"
    if (root / "train").is_dir() or (root / "val" / "official").is_dir():
        return "fastdepth"
    raise InputError(
        f"no NYU Depth V2 in '{root}': neither {nyu.LABELLED_FILE}, nor train/ and val/official/ with .h5 files "
        "(FastDepth); for PNG files give data.nyu.train_list and test_list"
    )


def _by_room(items: Sequence[NyuItem], split: Split, share: float) -> list[NyuItem]:
    """Rooms are held out whole."""
    rooms: dict[str, list[NyuItem]] = {}
    for item in items:
        rooms.setdefault(nyu.place(item.scene), []).append(item)
    lengths = {room: len(found) for room, found in rooms.items()}
    try:
        parts = divide(lengths, split, Division(1 - share, share, 0.0))
    except EmptySplit as error:
        raise EmptySplit(
            f"the {split} split is empty: data.nyu.val_share={share:g} of {len(rooms)} room(s) with "
            f"{len(items)} image(s); change the share, or set data.nyu.validation=official"
        ) from error
    return [rooms[room][position] for room, part in parts.items() for position in part]


def _frame(item: NyuItem, size: tuple[int, int], box: Box | None, cap: float | None) -> Frame:
    matrix = nyu.INTRINSICS.copy()
    if item.focal is not None:
        matrix[[0, 1], [0, 1]] *= item.focal / matrix[0, 0]
    matrix = resized_intrinsics(matrix, nyu.SIZE, size)
    if box is not None:
        matrix = matrix - np.array([[0, 0, box.left], [0, 0, box.top], [0, 0, 0]])
    image = item.image(box, size)
    return Frame(
        image=image,
        sequence=item.scene,
        intrinsics=matrix,
        native_size=size if box is None else box.size,
        truth=NyuTruth(item.depth, box, cap, size, image.name),
    )

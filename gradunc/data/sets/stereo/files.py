"""Where stereo pairs lie: Middlebury 2014 and 2006, left/ and right/ folders, and NAMEL, NAMER, NAMEGT files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradunc.data.formats import disparity_files
from gradunc.data.formats.depth_files import SUFFIXES as DEPTH_SUFFIXES
from gradunc.data.image_files import SUFFIXES as IMAGE_SUFFIXES
from gradunc.errors import InputError, unknown


@dataclass(frozen=True)
class StereoPair:
    """The files of a pair."""

    left: Path
    right: Path
    disparity: Path | None = None
    """Of the left view."""
    depth: Path | None = None
    """Of the left view, where there is no disparity."""


@dataclass(frozen=True)
class StereoSequence:
    """Pairs of one pair of cameras, in the order of their names."""

    pairs: Sequence[StereoPair]
    layout: str
    calibration: Path | None
    """calib.txt or calibration.json; None where the layout has none."""


def find_sequences(root: Path, layout: str = "auto", *, strict: bool = True) -> dict[str, StereoSequence]:
    """Sequence -> pairs, of the first layout that finds something; a name is the folder below `root`, or its own.

    Args:
        root: of the pairs.
        layout: a name of `LAYOUTS`.
        strict: a left image without a file that the others have is an error; False gives the path where it should lie.

    Raises:
        InputError: an unknown layout; nothing is found; an image without its other half.
    """
    if layout not in ("auto", *LAYOUTS):
        raise unknown("data.stereo.layout", layout, ("auto", *LAYOUTS))
    for name in LAYOUTS if layout == "auto" else (layout,):
        found = LAYOUTS[name][0](root, strict)
        if found:
            return found
    wanted = " or ".join(text for name, (_, text) in LAYOUTS.items() if layout in ("auto", name))
    raise InputError(f"no stereo pairs in '{root}': no {wanted}")


def _middlebury2014(root: Path, strict: bool) -> dict[str, StereoSequence]:
    found = {}
    for left in _sorted(root, "im0.*"):
        folder = left.parent
        disparity = folder / "disp0.pfm"
        pair = StereoPair(left, _only(left, "im1", strict), disparity if disparity.is_file() else None)
        found[_name(folder, root)] = StereoSequence([pair], "middlebury2014", folder / "calib.txt")
    return found


def _middlebury2006(root: Path, strict: bool) -> dict[str, StereoSequence]:
    found = {}
    for left in _sorted(root, "view1.*"):
        folder = left.parent
        disparity = folder / "disp1.png"
        pair = StereoPair(left, _only(left, "view5", strict), disparity if disparity.is_file() else None)
        found[_name(folder, root)] = StereoSequence([pair], "middlebury2006", None)
    return found


def _folders(root: Path, strict: bool) -> dict[str, StereoSequence]:
    found = {}
    for folder in sorted(path.parent for path in [root / "left", *root.rglob("left")] if path.is_dir()):
        left, right = (_by_stem(folder / side, IMAGE_SUFFIXES) for side in ("left", "right"))
        if not left:
            raise InputError(f"no images in '{folder / 'left'}' (suffixes: {', '.join(IMAGE_SUFFIXES)})")
        disparity = _by_stem(folder / "disparity", disparity_files.SUFFIXES)
        depth = {} if disparity else _by_stem(folder / "depth", DEPTH_SUFFIXES)
        for other, where in ((right, "right"), (disparity, "disparity"), (depth, "depth")):
            missing = sorted(left.keys() - other.keys())
            if missing and (other or where == "right") and (strict or not other):
                raise InputError(f"'{left[missing[0]]}' has no file '{missing[0]}.*' in '{folder / where}'")
        pairs = [
            StereoPair(
                left[stem],
                right.get(stem, folder / "right" / left[stem].name),
                _expected(folder / "disparity", stem, disparity),
                _expected(folder / "depth", stem, depth),
            )
            for stem in sorted(left)
        ]
        calibration = folder / "calibration.json"
        if not calibration.is_file() and (root / "calibration.json").is_file():
            calibration = root / "calibration.json"
        found[_name(folder, root)] = StereoSequence(pairs, "folders", calibration)
    return found


def _pairs(root: Path, strict: bool) -> dict[str, StereoSequence]:
    found = {}
    for left in _sorted(root, "*L.*"):
        scene = left.stem[:-1]
        truth = [left.with_name(f"{scene}GT{suffix}") for suffix in disparity_files.SUFFIXES]
        disparity = next((path for path in truth if path.is_file()), None)
        pair = StereoPair(left, _only(left, f"{scene}R", strict), disparity)
        name = (left.parent / scene).relative_to(root).as_posix()
        found[name] = StereoSequence([pair], "pairs", None)
    return found


LAYOUTS: dict[str, tuple[Callable[[Path, bool], dict[str, StereoSequence]], str]] = {
    "middlebury2014": (_middlebury2014, "SCENE/im0.png with im1.png and calib.txt"),
    "middlebury2006": (_middlebury2006, "SCENE/view1.png with view5.png"),
    "folders": (_folders, "left/ with right/ and calibration.json"),
    "pairs": (_pairs, "NAMEL.jpg with NAMER.jpg"),
}
"""Layout -> what finds it, and what it looks like."""

TRUTH_FILES = {
    "middlebury2014": "disp0.pfm beside im0",
    "middlebury2006": "disp1.png beside view1",
    "folders": "a file in disparity/ or depth/ beside left/",
    "pairs": "NAMEGT.png or .pfm beside NAMEL.jpg",
}
"""Layout -> where true depth is looked for."""

COMPANIONS = {
    "middlebury2014": ("im1[EL].*", "disp*.*"),
    "middlebury2006": ("view[0-6].*", "disp[0-9].*"),
}
"""Layout -> published files that lie beside a pair and are of no use: other lights and views, right disparity."""


def _sorted(root: Path, pattern: str) -> list[Path]:
    return sorted(path for path in root.rglob(pattern) if path.suffix.lower() in IMAGE_SUFFIXES)


def _only(left: Path, stem: str, strict: bool) -> Path:
    """The image of that stem beside a left one."""
    found = [path for path in sorted(left.parent.glob(f"{stem}.*")) if path.suffix.lower() in IMAGE_SUFFIXES]
    if not found and strict:
        raise InputError(f"no image '{stem}.*' in '{left.parent}', the right view of a pair")
    return found[0] if found else left.with_name(f"{stem}{left.suffix}")


def _expected(folder: Path, stem: str, found: Mapping[str, Path]) -> Path | None:
    """The file of a stem, or where it should lie; None where a folder has none at all."""
    if not found:
        return None
    return found.get(stem, folder / f"{stem}{next(iter(found.values())).suffix}")


def _by_stem(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Stem -> visible file; nothing for a missing folder."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.stem: path for path in files if path.suffix.lower() in suffixes and not path.name.startswith(".")}


def _name(folder: Path, root: Path) -> str:
    return root.resolve().name if folder == root else folder.relative_to(root).as_posix()

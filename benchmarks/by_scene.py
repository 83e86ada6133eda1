"""Frames of many scenes as data=folder wants them: `python benchmarks/by_scene.py FRAMES OUT`.

FRAMES has `frames.json`, a list of {"name", "folder", "source", "scene"}, and for each camera a folder with `images/`,
`depth/` and `intrinsics.json`. OUT gets links, `SOURCE/SCENE/CAMERA/images/NAME`, so that
`infer.py benchmark data=folder data.root=OUT/SOURCE data.folder.scenes=first_folder` draws its intervals over scenes.
"""

import argparse
import json
from pathlib import Path


def main() -> None:
    """Make the links."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    root = arguments.frames.resolve()
    frames = json.loads((root / "frames.json").read_text())
    for frame in frames:
        camera = root / frame["folder"]
        sequence = arguments.out / frame["source"] / frame["scene"] / frame["folder"]
        _link(camera / "intrinsics.json", sequence)
        for kind in ("images", "depth"):
            (found,) = (camera / kind).glob(f"{frame['name']}.*")
            _link(found, sequence / kind)
    print(f"{len(frames)} frames of {len({frame['scene'] for frame in frames})} scenes in {arguments.out}")


def _link(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / file.name).exists():
        (folder / file.name).symlink_to(file)


if __name__ == "__main__":
    main()

"""Small NYU Depth V2 files in the published layouts, written as MATLAB and FastDepth write them."""

import numpy as np
from PIL import Image

HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Tue Jan  1 00:00:00 2013 HDF5 schema 1.00 ."
SIZE = (6, 8)


def image(i: int, size=SIZE) -> np.ndarray:
    """(H,W,3) uint8, another value at every pixel, channel and number."""
    count = size[0] * size[1] * 3
    return ((np.arange(count) + 11 * i) % 251).astype(np.uint8).reshape(*size, 3)


def depth(i: int, size=SIZE) -> np.ndarray:
    """(H,W) float32, 1 to 2 m and a little more for every number."""
    return np.linspace(1, 2, size[0] * size[1], dtype=np.float32).reshape(size) + np.float32(i / 8)


def raw_depth(i: int, size=SIZE) -> np.ndarray:
    """As measured: the first row is unknown."""
    values = depth(i, size)
    values[0] = 0
    return values


def write_matlab73(path, arrays, cells=None):
    """A MATLAB 7.3 file: HDF5 behind 512 bytes of header, axes reversed, text cells as references."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays.items():
            file[name] = np.asarray(values).transpose()
        for name, texts in (cells or {}).items():
            group = file.require_group("#refs#")
            references = []
            for number, text in enumerate(texts):
                group[f"{name}{number}"] = np.array([[ord(letter)] for letter in text], np.uint16)
                references.append(group[f"{name}{number}"].ref)
            file.create_dataset(name, data=np.array([references], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
    with open(path, "r+b") as file:
        file.write(HEADER.ljust(124) + b"\x00\x02IM")


def write_labelled(root, count=6, size=SIZE, scenes=True):
    """In MATLAB images are (H,W,3,N) and depth is (H,W,N)."""
    root.mkdir(parents=True, exist_ok=True)
    arrays = {
        "images": np.stack([image(i, size) for i in range(count)], -1),
        "depths": np.stack([depth(i, size) for i in range(count)], -1),
        "rawDepths": np.stack([raw_depth(i, size) for i in range(count)], -1),
    }
    cells = {"scenes": [f"kitchen_{i // 2:04d}" for i in range(count)]} if scenes else None
    write_matlab73(root / "nyu_depth_v2_labeled.mat", arrays, cells)
    return root


def write_splits(root, train=(1, 2, 4, 6), test=(3, 5)):
    """1-based column vectors in a MATLAB 5 file, as published."""
    from scipy.io import savemat

    savemat(root / "splits.mat", {"trainNdxs": np.c_[list(train)], "testNdxs": np.c_[list(test)]})
    return root


def write_fastdepth(path, i: int, size=SIZE):
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["rgb"] = image(i, size).transpose(2, 0, 1)
        file["depth"] = depth(i, size)


def write_png(folder, name: str, i: int, size=SIZE):
    """rgb_NAME.jpg would lose bits: the image is a PNG here; depth is in millimetres."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image(i, size)).save(folder / f"rgb_{name}.png")
    Image.fromarray(np.round(1000 * depth(i, size)).astype(np.uint16)).save(folder / f"sync_depth_{name}.png")

"""Pairs of points of an image and which is nearer, as lines of a CSV file. Needs numpy only."""

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.text_files import excerpt, read_lines

SUFFIXES = (".csv",)
"""What `read_ordinal` knows, in lower case."""
COLUMNS = ["x1", "y1", "x2", "y2", "order"]
"""The first line."""
ORDERS = {"nearer": 1.0, "further": -1.0, "equal": 0.0}
"""What the last column says of the first point."""
LARGEST = 2**24
"""Bytes of such a file."""


def read_ordinal(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    """Read the pairs of one image.

    Args:
        path: of a CSV file that begins with `x1,y1,x2,y2,order`.
        size: (H,W) of the image, in whose pixels the points are; pixel centres are integers.

    Returns:
        (P,5) x1, y1, x2, y2 [px], and 1 = the first point is nearer, -1 = further, 0 = equally far; P > 0.

    Raises:
        InputError: missing, damaged, no pair, a word that is no order, or a point beside the image; the line is named.
    """
    lines = read_lines(path, "pairs", LARGEST)
    try:
        rows = [[word.strip() for word in row] for row in csv.reader(lines)]
    except csv.Error as error:
        raise InputError(f"'{path}' is no table of pairs: {error}") from error
    if not rows or rows[0] != COLUMNS:
        first = ",".join(rows[0]) if rows else ""
        raise InputError(f"'{path}' must begin with {','.join(COLUMNS)}, not with '{excerpt(first)}'")
    pairs = [_pair(row, f"'{path}', line {number}", size) for number, row in enumerate(rows[1:], 2) if row]
    if not pairs:
        raise InputError(f"'{path}' holds no pair; remove it and its image")
    return np.array(pairs, np.float32)


def _pair(row: list[str], where: str, size: tuple[int, int]) -> list[float]:
    if len(row) != len(COLUMNS) or row[-1] not in ORDERS:
        raise InputError(f"{where}: '{excerpt(','.join(row))}' must be four numbers and one of {', '.join(ORDERS)}")
    try:
        places = [float(word) for word in row[:4]]
    except ValueError as error:
        raise InputError(f"{where}: '{excerpt(','.join(row[:4]))}' must be four numbers") from error
    limits = (size[1], size[0], size[1], size[0])
    for value, name, limit in zip(places, COLUMNS, limits, strict=False):
        if not (math.isfinite(value) and -0.5 <= value <= limit - 0.5):
            raise InputError(f"{where}: {name}={value:g} is beside an image of {size[1]}x{size[0]} pixels")
    return [*places, ORDERS[row[-1]]]

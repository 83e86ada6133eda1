"""Drawing without a screen: Agg canvases of our own, never pyplot's figures, and files that appear whole."""

import os
import threading
import warnings
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.files import replacing

_DRAWING = threading.Lock()
"""Matplotlib shares fonts and glyphs between figures and promises no thread safety: one drawing at a time."""


def render(figure: Figure) -> NDArray[np.uint8]:
    """Draw a figure at its own resolution -> (H,W,3) uint8."""
    canvas = FigureCanvasAgg(figure)
    with _DRAWING, warnings.catch_warnings():
        # A name of a file in another script is drawn as boxes: nothing that a user could mend.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def save_png(picture: NDArray[np.uint8] | Figure, path: str | os.PathLike[str]) -> Path:
    """Write a PNG file that is either absent or whole: a reader or a crash never sees half of it.

    Args:
        picture: (H,W,3) uint8, or a figure.
        path: ends in .png; missing folders are made, an old file is replaced.

    Returns:
        The path.

    Raises:
        InputError: the name does not end in .png, or nothing can be written there.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise InputError(f"pictures are saved as PNG: let '{target}' end in .png")
    pixels = render(picture) if isinstance(picture, Figure) else np.ascontiguousarray(picture)
    try:
        with replacing(target) as (aside,):
            imsave(aside, pixels, format="png")
    except OSError as error:
        raise InputError(f"cannot write '{target}': {error.strerror or error}; choose another place") from error
    return target

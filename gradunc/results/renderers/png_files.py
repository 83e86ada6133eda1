"""The pictures of a result as PNG."""

from io import BytesIO

import numpy as np
from PIL import Image

from gradunc.results.result import Picture, Result


def png_files(result: Result) -> dict[str, bytes]:
    """`PICTURE.png` of every picture, its pixels one to one."""
    return {f"{picture.name}.png": _encode(picture) for picture in result.pictures}


def _encode(picture: Picture) -> bytes:
    content = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture.pixels)).save(content, format="PNG")
    return content.getvalue()

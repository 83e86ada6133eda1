"""An image of the internet, for callers who ask for it."""

import re
import tempfile
import urllib.parse
from pathlib import Path

from torch import Tensor

from gradunc.data.image_files import read_image
from gradunc.errors import InputError
from gradunc.fetching import Advice, fetched

LARGEST = 256 * 2**20
"""Bytes that no image has that is meant to be looked at."""

_ADVICE = Advice(
    address="check the address",
    offline="download it, and give its path",
    broken="try again, or download it, and give its path",
    large="download it, and shrink it",
)


def url_name(url: str) -> str:
    """The name of what an address leads to.

    >>> url_name("https://a.org/photos/b.jpg?size=3"), url_name("https://a.org/")
    ('b.jpg', 'image')
    """
    name = urllib.parse.unquote(urllib.parse.urlsplit(url).path).rpartition("/")[2]
    return re.sub(r"[^\w .-]", "_", name).strip(" .-")[:100] or "image"


def read_url(url: str) -> Tensor:
    """Download an image: (3,H,W) float32 in [0,1]; nothing is kept on the disk.

    Raises:
        InputError: another protocol than http and https, no answer, or no image.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        raise InputError(f"'{url}': images are downloaded by http and https, not by {scheme}")
    content = fetched(url, LARGEST, _ADVICE)
    with tempfile.TemporaryDirectory(prefix="gradunc-") as folder:
        path = Path(folder) / "image"
        path.write_bytes(content)
        try:
            return read_image(path)
        except InputError as error:
            raise InputError(str(error).replace(str(path), url)) from error

"""An image of the internet, for callers who ask for it."""

import http.client
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from torch import Tensor

from gradunc.data.image_files import read_image
from gradunc.errors import InputError

TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as gone."""
LARGEST = 256 * 2**20
"""Bytes that no image has that is meant to be looked at."""
_BLOCK = 2**16


def is_url(source: str) -> bool:
    """Whether a text is an address and no path.

    >>> is_url("https://a.org/b.jpg"), is_url("C:/b.jpg"), is_url("b.jpg")
    (True, False, False)
    """
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", source) is not None


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
    scheme = urllib.parse.urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        raise InputError(f"'{url}': images are downloaded by http and https, not by {scheme}")
    content = _fetched(url)
    with tempfile.TemporaryDirectory(prefix="gradunc-") as folder:
        path = Path(folder) / "image"
        path.write_bytes(content)
        try:
            return read_image(path)
        except InputError as error:
            raise InputError(str(error).replace(str(path), url)) from error


def _fetched(url: str) -> bytes:
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            while block := answer.read(_BLOCK):
                content += block
                if len(content) > LARGEST:
                    raise InputError(f"'{url}' sends more than {LARGEST // 2**20} MiB; download it, and shrink it")
    except urllib.error.HTTPError as error:
        raise InputError(f"'{url}' answers {error.code} {error.reason}; check the address") from error
    except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
        reason = " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__
        raise InputError(f"'{url}' cannot be read: {reason}; download it, and give its path") from error
    return bytes(content)

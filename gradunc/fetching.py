"""What an address leads to, whole or not at all."""

import http.client
import re
import urllib.error
import urllib.request
from typing import NamedTuple

from gradunc.errors import InputError

TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as gone."""

_BLOCK = 2**16


class Advice(NamedTuple):
    """What to do about each way in which fetching fails, for the end of its message."""

    address: str
    """The server does not know the address, or it is none."""
    offline: str
    """There is no server."""
    broken: str
    """The connection ended too early."""
    large: str
    """There is more than what is wanted can have."""


def is_url(text: str) -> bool:
    """Whether a text is an address and no path; a drive of Windows has one letter.

    >>> is_url("https://a.org/b.jpg"), is_url("C://b.jpg"), is_url("b.jpg")
    (True, False, False)
    """
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", text) is not None


def fetched(url: str, largest: int, advice: Advice) -> bytes:
    """The content of an address.

    Args:
        url: http, https or file.
        largest: bytes; of more, as far as the server announces it, none is read.
        advice: for the message.

    Raises:
        InputError: no address, no connection, no such file, one that is too large, or a connection that broke.
    """
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return _read(answer, url, largest, advice)
    except InputError:
        raise
    except urllib.error.HTTPError as error:
        raise InputError(f"'{url}' answers {error.code} {error.reason}; {advice.address}") from error
    except urllib.error.URLError as error:
        # Of a connection it is an error of the system; a text says what is wrong with the address.
        todo = advice.offline if isinstance(error.reason, OSError) else advice.address
        raise InputError(f"cannot reach '{url}': {_line(error.reason)}; {todo}") from error
    except (http.client.InvalidURL, ValueError) as error:
        raise InputError(f"'{url}' is no address: {_line(error)}; {advice.address}") from error
    except (OSError, http.client.HTTPException) as error:  # before the first byte
        raise _broken(url, 0, type(error).__name__, advice) from error


def _read(answer: http.client.HTTPResponse, url: str, largest: int, advice: Advice) -> bytes:
    announced = answer.headers.get("Content-Length") or ""
    expected = int(announced) if announced.isascii() and announced.isdigit() else None
    content = bytearray()
    try:
        while max(len(content), expected or 0) <= largest and (block := answer.read(_BLOCK)):
            content += block
    except (OSError, http.client.HTTPException) as error:  # time out, reset, fewer bytes than announced
        raise _broken(url, len(content), type(error).__name__, advice) from error
    if max(len(content), expected or 0) > largest:
        raise InputError(f"'{url}' sends more than {largest // 2**20} MiB: {advice.large}")
    if expected is not None and len(content) != expected:
        raise _broken(url, len(content), f"{expected} were announced", advice)
    return bytes(content)


def _broken(url: str, received: int, reason: str, advice: Advice) -> InputError:
    return InputError(f"the connection broke after {received} bytes of '{url}' ({reason}); {advice.broken}")


def _line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__

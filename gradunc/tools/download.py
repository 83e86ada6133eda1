"""Fetching a file whose content is known: whole and right, or not at all."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from gradunc.errors import InputError, unwritable
from gradunc.files import write_bytes

TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as gone."""

LARGEST = 64 * 2**20
"""Bytes that no list of files has; a server that sends more sends something else."""

_BLOCK = 2**16


def download(url: str, path: Path, problem: Callable[[bytes], str]) -> bytes:
    """Fetch a file and put it in its place.

    Args:
        url: http, https or file.
        path: where it goes; its folder is made, and it is replaced in one step, and only by content that is right.
        problem: content -> what is wrong with it, "" if nothing.

    Returns:
        The content.

    Raises:
        InputError: no connection, an answer that is not the file, a connection that broke, wrong content, or a folder
            that cannot be written. Nothing is left behind.
    """
    content = _fetch(url)
    if wrong := problem(content):
        raise InputError(f"'{url}' is not what it should be: {wrong}; nothing of it was kept")
    try:
        write_bytes(path, content)
    except OSError as error:
        raise unwritable(path, error, "write") from error
    return content


def _fetch(url: str) -> bytes:
    received = 0
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            expected = answer.headers.get("Content-Length")
            blocks = []
            while block := answer.read(_BLOCK):
                blocks.append(block)
                received += len(block)
                if received > LARGEST:
                    raise InputError(f"'{url}' sends more than {LARGEST // 2**20} MiB: this is no list of files")
    except urllib.error.HTTPError as error:
        raise InputError(f"'{url}' answers {error.code} {error.reason}; check base_url") from error
    except urllib.error.URLError as error:
        raise InputError(
            f"cannot reach '{url}': {_line(error.reason)}; go online, or copy the lists and set data.split_dir"
        ) from error
    except (OSError, http.client.HTTPException) as error:  # time out, reset, fewer bytes than announced
        raise _broken(url, received, type(error).__name__) from error
    except ValueError as error:
        raise InputError(f"base_url: '{url}' is no address: {_line(error)}") from error
    if expected is not None and received != int(expected):
        raise _broken(url, received, f"{expected} were announced")
    return b"".join(blocks)


def _broken(url: str, received: int, reason: str) -> InputError:
    return InputError(
        f"the connection broke after {received} bytes of '{url}' ({reason}); run the command again, it goes on with "
        "the files that are missing"
    )


def _line(error: object) -> str:
    return " ".join(str(error).split())

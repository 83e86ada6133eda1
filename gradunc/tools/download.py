"""Fetching a file whose content is known: whole and right, or not at all."""

from collections.abc import Callable
from pathlib import Path

from gradunc.errors import InputError, unwritable
from gradunc.fetching import Advice, fetched, is_url
from gradunc.files import write_bytes

LARGEST = 64 * 2**20
"""Bytes that no list of files has; a server that sends more sends something else."""

_ADVICE = Advice(
    address="check base_url",
    offline="go online, or copy the lists and set data.split_dir",
    broken="run the command again, it goes on with the files that are missing",
    large="this is no list of files",
)


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
    if not is_url(url):
        raise InputError(f"base_url: '{url}' is no address; it begins with https://, or with file:// for a folder")
    content = fetched(url, LARGEST, _ADVICE)
    if wrong := problem(content):
        raise InputError(f"'{url}' is not what it should be: {wrong}; nothing of it was kept")
    try:
        write_bytes(path, content)
    except OSError as error:
        raise unwritable(path, error, "write") from error
    return content

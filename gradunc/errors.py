"""The one error that users cause and can mend, and the search for what they probably meant."""

import difflib
from collections.abc import Iterable
from pathlib import Path

LONGEST = 1000
"""Characters of a message; what a user typed or a file holds may be longer, and is cut in the middle."""


class InputError(ValueError):
    """Bad input from a user: the message is one line that says what is wrong and how to mend it.

    The commands print the message and end with exit code 2; everything else that is raised is a bug
    of ours and keeps its traceback.

    Args:
        message: becomes one printable line (`one_line`). Of an error of a loading process, which PyTorch wraps in
            that process's traceback, the message itself is kept.
    """

    def __init__(self, message: object = "") -> None:
        text = str(message)
        wrapped = text.startswith("Caught ") and "Original Traceback" in text
        last_line = text.rstrip().rpartition("\n")[2]
        super().__init__(one_line(last_line.partition(": ")[2] if wrapped else text))


def one_line(text: str, longest: int = LONGEST) -> str:
    r"""A text without line breaks and signs that cannot be seen, and not longer than people read.

    >>> one_line("key '\ufeffa\x00' is\n  unknown")
    "key '\\ufeffa\\x00' is unknown"
    >>> one_line("a" * 30 + "b" * 30, longest=21)
    'aaaaaaaaaaaaa ... bbb'
    """
    # Far more than is kept need not be looked at sign by sign.
    text = _shortened(" ".join(_shortened(text, 20 * longest).split()), 10 * longest)
    return _shortened(_printable(text), longest)


def _printable(text: str) -> str:
    """The text with everything that cannot be seen as Python writes it."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    end = longest // 6
    return f"{text[: longest - end - 5]} ... {text[-end:]}"


def shown(text: str, most: int = 100) -> str:
    r"""A user's text as messages have it: cut, and what cannot be printed as Python writes it.

    >>> shown("a\0b" + "c" * 200, 10)
    'a\\x00bcccc...'
    """
    return _printable(text if len(text) <= most else f"{text[: most - 3]}...")


def nearest(name: str, choices: Iterable[str], count: int = 1) -> list[str]:
    """The `count` choices that look most like `name`, best first.

    >>> nearest("flpi", ["gray", "flip"])
    ['flip']
    """
    return difflib.get_close_matches(name, list(choices), n=count, cutoff=0.0)


def nearest_path(path: Path) -> str:
    """What looks most like a missing path in the deepest of its folders that exists; "" if there is nothing.

    >>> nearest_path(Path("/"))
    ''
    """
    absent, folder = path, path.parent
    try:
        if path.exists():
            return ""
        while not folder.is_dir() and folder != folder.parent:
            absent, folder = folder, folder.parent
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return ""
    return str(folder / nearest(absent.name, names)[0]) if names else ""


def path_hint(path: Path) -> str:
    """The end of a message about a missing path: "; nearest: '...'", or nothing."""
    found = nearest_path(path)
    return f"; nearest: '{found}'" if found else ""


def unwritable(place: Path, error: OSError, action: str = "write to") -> InputError:
    """An `InputError` for a place of results that the system refuses.

    >>> print(unwritable(Path("out"), PermissionError(13, "Permission denied")))
    cannot write to 'out': Permission denied; set output=DIR
    """
    return InputError(f"cannot {action} '{place}': {error.strerror or error}; set output=DIR")


def unknown(kind: str, name: str, choices: Iterable[str]) -> InputError:
    """An `InputError` for a name that no registry knows, with the nearest one and the whole choice.

    >>> print(unknown("reference", "flpi", ["flip", "gray"]))
    unknown reference 'flpi'; did you mean 'flip'? (choices: flip, gray)
    """
    known = sorted(choices)
    hint = f"; did you mean '{nearest(name[:100], known)[0]}'?" if known else ""
    return InputError(f"unknown {kind} '{shown(name)}'{hint} (choices: {', '.join(known) or 'none'})")

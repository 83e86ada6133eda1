"""The one error that users cause and can mend, and the search for what they probably meant."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class InputError(ValueError):
    """Bad input from a user: the message is one line that says what is wrong and how to mend it.

    The commands print the message and end with exit code 2; everything else that is raised is a bug
    of ours and keeps its traceback.
    """


def shown(text: str, most: int = 100) -> str:
    r"""A user's text as messages have it: cut, and what cannot be printed as Python writes it.

    >>> shown("a\0b" + "c" * 200, 10)
    'a\\x00bcccc...'
    """
    short = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in short)


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

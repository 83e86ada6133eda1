"""The one error that users cause and can mend, and the search for what they probably meant."""

import difflib
from collections.abc import Iterable
from pathlib import Path

LONGEST = 1000
"""Characters of a message; what a user typed or a file holds may be longer, and is cut in the middle."""


_NEAR = 0.65
"""Likeness from which on a name may be meant; what is farther is no help. Slips of two letters of five have 0.67."""
_COMPARED = 100
"""Characters of a name that are compared."""


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
    """Those choices, at most `count`, that `name` may be a slip of, the likeliest first; none if none is near.

    Dotted names are compared part by part from their end, so that a long section in common makes no two keys alike.

    >>> nearest("flpi", ["gray", "flip"]), nearest("--lr", ["--help"])
    (['flip'], [])
    >>> nearest("learning_rat", ["objective.learning_rate", "objective.gamma"])
    ['objective.learning_rate']
    """
    name = name[:_COMPARED]
    scored = [(likeness(name, choice), choice) for choice in choices]
    found = sorted((one for one in scored if one[0] >= _NEAR), key=lambda one: -one[0])
    return [choice for _, choice in found[:count]]


def likeness(name: str, other: str) -> float:
    """How much two dotted names look alike, 0 to 1: their last parts, and a little of the parts before.

    >>> round(likeness("model.encder", "model.encoder"), 2), round(likeness("model.lr", "model.size"), 2)
    (0.93, 0.1)
    """
    parts, others = (one.lstrip("-+").split(".") for one in (name, other))
    last = _alike(parts[-1], others[-1])
    if len(parts) == len(others) == 1:
        return last
    return 0.9 * last + 0.1 * _alike(".".join(parts[:-1]), ".".join(others[:-1]))


def _alike(name: str, other: str) -> float:
    """The ratio of `difflib`, case and kind of dash aside. Numbers are alike only if they are the same."""
    name, other = (one.casefold().replace("-", "_") for one in (name, other))
    if name == other:
        return 1.0
    if name.isdecimal() or other.isdecimal():
        return 0.0
    is_short_for = min(len(name), len(other)) >= 3 and (name.startswith(other) or other.startswith(name))
    likely = is_short_for or _is_swapped(name, other)
    return max(difflib.SequenceMatcher(None, name, other).ratio(), _NEAR if likely else 0.0)


def _is_swapped(name: str, other: str) -> bool:
    """Whether two neighbouring letters have changed places: the ratio of short names does not see such a slip."""
    differ = [place for place, (one, two) in enumerate(zip(name, other, strict=False)) if one != two]
    if len(name) != len(other) or len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    first, second = differ
    return name[first] == other[second] and name[second] == other[first]


def did_you_mean(name: str, choices: Iterable[str], before: str = "", count: int = 1) -> str:
    """The end of a message about a name that is none: "; did you mean '...'?", or nothing if no choice is near.

    Args:
        name: as typed.
        choices: the names that there are.
        before: what stands in front of each in the message, such as "data=".
        count: how many are named at most.

    >>> did_you_mean("kity", ["kitti", "nyu"], "data=")
    "; did you mean 'data=kitti'?"
    >>> did_you_mean("sunrgbd", ["kitti", "nyu"])
    ''
    """
    found = [f"'{before}{one}'" for one in nearest(name, choices, count)]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def nearest_path(path: Path) -> str:
    """What a missing path may be a slip of in the deepest of its folders that exists; "" if nothing is near.

    Names are compared without their suffixes, which alone make no two files alike.

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
    stem, suffix = absent.stem[:_COMPARED], absent.suffix
    scored = [(_alike(stem, Path(one).stem), Path(one).suffix == suffix, one) for one in names]
    best = max(scored, default=(0.0, False, ""))
    return str(folder / best[2]) if best[0] >= _NEAR else ""


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
    """An `InputError` for a name that no registry knows, with one that is near, if any is, and the whole choice.

    >>> print(unknown("reference", "flpi", ["flip", "gray"]))
    unknown reference 'flpi'; did you mean 'flip'? (choices: flip, gray)
    """
    known = sorted(choices)
    return InputError(
        f"unknown {kind} '{shown(name)}'{did_you_mean(name, known)} (choices: {', '.join(known) or 'none'})"
    )

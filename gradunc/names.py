"""Names of folders and files: those that users give to runs, estimators and parts of a mixture, and one of ours."""

import re
import unicodedata
from collections.abc import Iterable

from gradunc.errors import InputError, shown

LEARNED_FOLDER = "uncertainty"
"""Beside a network: the files of what estimators have learned of it."""
LONGEST = 120
"""Bytes of a name: file systems allow 255, and the name of an image and a suffix may stand beside it."""

SIGNS = " ._-+=@,#%()~"
"""What a name may have beside letters and digits of every language: no separator of any system, no control character,
nothing that a glob pattern takes for more than a sign."""

HUB_NAME = r"[A-Za-z0-9][\w.-]*/[\w.-]*[A-Za-z0-9]"
"""Of a network on the Hugging Face Hub: an owner and a name, ASCII."""
LONGEST_PART = 96
"""Signs of the owner, and of the name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Devices of Windows, which no file there can be named after."""


def name_problem(name: str) -> str:
    """What is wrong with a name that is to be a folder, or a part of a file's name, on every system; "" if nothing is.

    It must not be empty or longer than `LONGEST` bytes, have another sign than `SIGNS`, begin with a dot, a dash or a
    blank, end with a dot or a blank, or be reserved by Windows.

    >>> name_problem("2011_09_26")
    ''
    >>> name_problem("../x")
    "must not have '/'; use letters, digits, blanks and . _ - + = @ , # % ( ) ~"
    """
    if not name.strip():
        return "is empty; give a name"
    wrong = next((letter for letter in name if not _is_allowed(letter)), None)
    if wrong is not None:
        return f"must not have '{shown(wrong)}'; use letters, digits, blanks and {' '.join(SIGNS.strip())}"
    if name[0] in ".- " or name[-1] in ". ":
        return "must not begin with a dot, a dash or a blank, nor end with a dot or a blank"
    if len(name.encode()) > LONGEST:
        return f"is {len(name.encode())} bytes long; a name has at most {LONGEST}"
    return "is reserved by Windows; choose another" if _RESERVED.fullmatch(name) else ""


def is_repository(name: str) -> bool:
    """Whether the Hugging Face Hub can have a repository of that name.

    >>> is_repository("me/depth-street"), is_repository("street"), is_repository("me/a--b"), is_repository("me/a.git")
    (True, False, False, False)
    """
    fits = re.fullmatch(HUB_NAME, name, re.ASCII) is not None and max(map(len, name.split("/"))) <= LONGEST_PART
    return fits and "--" not in name and ".." not in name and not name.endswith(".git")


def check_entry_name(name: str, section: str) -> None:
    """Raise `InputError` for the name of an entry: see `name_problem`, and no dots, which separate keys.

    Args:
        name: of the entry.
        section: the dotted key that holds it, as "uncertainty".

    >>> check_entry_name("v1.0", "uncertainty")
    Traceback (most recent call last):
    gradunc.errors.InputError: uncertainty: the name 'v1.0' must not have dots, which separate keys; write 'v1_0'
    """
    problem = name_problem(name)
    if not problem and "." in name:
        problem = f"must not have dots, which separate keys; write '{shown(name.replace('.', '_'), 60)}'"
    if problem:
        raise InputError(f"{section}: the name '{shown(name, 60)}' {problem}")


def check_distinct(names: Iterable[str], section: str) -> None:
    """Raise `InputError` for two names of a section that are one file on systems that ignore case.

    >>> check_distinct(["a", "b", "A"], "uncertainty")
    Traceback (most recent call last):
    gradunc.errors.InputError: uncertainty: the names 'a' and 'A' are one file where case does not count; rename one
    """
    first: dict[str, str] = {}
    for name in names:
        before = first.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if before != name:
            both = f"'{shown(before, 60)}' and '{shown(name, 60)}'"
            raise InputError(f"{section}: the names {both} are one file where case does not count; rename one")


def _is_allowed(letter: str) -> bool:
    # Marks: accents that stand as a letter of their own, as macOS writes them.
    return letter.isalnum() or letter in SIGNS or unicodedata.category(letter).startswith("M")

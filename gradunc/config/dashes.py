"""Arguments as others write them: `--key=value` (agent of W&B), `--key value` (argparse), `+key=value` (Hydra)."""

import re
from collections.abc import Collection, Sequence

from gradunc.errors import InputError, nearest, shown

NUMBER = re.compile(r"-[0-9.]")


def assignments(arguments: Sequence[str], flags: Collection[str]) -> list[str]:
    """The arguments with `key=value` for every key that was written with dashes or a plus sign.

    Flags, paths and what is `key=value` already stay; so does a word with dashes that has no value, which whoever knows
    the flags refuses.

    Args:
        arguments: as typed.
        flags: of the command, such as "--help", which are no keys.

    Raises:
        InputError: a flag with a value.

    >>> assignments(["--seed=3", "+name=a", "--trainer.max_steps", "-1", "--help", "photos"], ["--help"])
    ['seed=3', 'name=a', 'trainer.max_steps=-1', '--help', 'photos']
    """
    found: list[str] = []
    place = 0
    while place < len(arguments):
        given, place = arguments[place], place + 1
        name, equals, _ = given.partition("=")
        if name in flags and equals:
            raise InputError(f"{shown(given)}: {name} is a flag and takes no value; give {name} alone")
        if given.startswith("--") and equals:
            found.append(given.removeprefix("--"))
        elif given.startswith("--") and place < len(arguments) and _takes_value(given, arguments[place], flags):
            found.append(f"{given.removeprefix('--')}={arguments[place]}")
            place += 1
        elif given.startswith("+") and equals:
            found.append(given.lstrip("+"))
        else:
            found.append(given)
    return found


def _takes_value(word: str, following: str, flags: Collection[str]) -> bool:
    """Whether `--word` is a key and the argument behind it its value."""
    if word in flags or nearest(word, flags):
        return False
    if following.startswith("-"):
        return bool(NUMBER.match(following))
    return not re.match(r"[+\w.]+=", following)

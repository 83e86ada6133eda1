"""Options of a configuration: dataclass fields that carry their line of help and the range of their values."""

import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import inf
from typing import Any

from gradunc.errors import did_you_mean


@dataclass(frozen=True)
class Rule:
    """What must hold of a value, and how that is said."""

    holds: Callable[[Any], bool]
    text: str | Callable[[Any], str]
    """The end of the message, "must be at least 1", or what makes it for a value."""
    whole: bool = False
    """It is about a mapping as a whole, and not about each of its values."""

    def message(self, value: Any) -> str:
        """The end of the message about a value that does not obey."""
        return self.text if isinstance(self.text, str) else self.text(value)


def path_problem(path: str | None) -> str:
    """Why a text cannot be a path that the system is asked about; "" if it can, or if it is None.

    >>> path_problem("a" * 256)
    'has a part of more than 255 bytes, which no file system has'
    """
    if path is None:
        return ""
    try:
        parts = [len(part) for part in os.fsencode(path).split(b"/")]
    except UnicodeEncodeError:
        return "holds half a character, which no file system has"
    if max(parts) > 255:
        return "has a part of more than 255 bytes, which no file system has"
    if sum(parts) + len(parts) > 4096:
        return "has more than 4095 bytes, which no system takes"
    if path.startswith("~") and os.path.expanduser(path) == path:
        return "begins with the home of a user who is unknown here; write ./~ for a folder of that name"
    return ""


PATH = Rule(lambda path: not path_problem(path), path_problem)


def or_null(rule: Rule, text: str = "") -> Rule:
    """The rule, which None passes too.

    >>> or_null(POSITIVE).holds(None), or_null(POSITIVE).text
    (True, 'must be above 0 and finite, or null')
    """
    if not text and not isinstance(rule.text, str):
        return Rule(lambda value: value is None or rule.holds(value), rule.text)
    return Rule(lambda value: value is None or rule.holds(value), text or f"{rule.text}, or null")


def one_of(names: Collection[str], *, null: bool = False) -> Rule:
    """The value is one of some names, and the entries of a list are; a registry that grows is asked anew.

    Args:
        names: which may grow.
        null: None passes too.

    >>> one_of(["auto", "min", "max"]).message("mni")
    "must be auto, min or max; did you mean 'min'?"
    >>> one_of(["none", "max"], null=True).message("mxa")
    "must be none, max or null; did you mean 'max'?"
    """

    def wrong(value: Any) -> str | None:
        return next((str(one) for one in (value if isinstance(value, list) else [value]) if one not in names), None)

    def text(value: Any) -> str:
        *others, last = [*names, "null"] if null else names
        listed = " or ".join(part for part in (", ".join(others), last) if part)
        return f"must be {listed}{did_you_mean(wrong(value) or '', names)}"

    return Rule(lambda value: (null and value is None) or wrong(value) is None, text)


POSITIVE_COUNT = Rule(lambda value: value >= 1, "must be at least 1")
COUNT = Rule(lambda value: value >= 0, "must be at least 0")
WEIGHT = Rule(lambda value: 0 <= value < inf, "must be at least 0 and finite")
POSITIVE = Rule(lambda value: 0 < value < inf, "must be above 0 and finite")
POSITIVE_OR_NULL = or_null(POSITIVE)
SHARE = Rule(lambda value: 0 <= value <= 1, "must be between 0 and 1")
OPEN_SHARE = Rule(lambda value: 0 < value < 1, "must be between 0 and 1")
DEVICE = Rule(
    lambda name: name == "auto" or re.fullmatch("[a-z]+(:[0-9]{1,4})?", name) is not None,
    "must be auto, cpu, mps, cuda, or one of several as cuda:1",
)
PART_OF_ALL = Rule(lambda value: 0 < value <= 1, "must be above 0 and at most 1")
PART = Rule(lambda value: 0 <= value < 1, "must be at least 0 and below 1")
FACTOR = Rule(lambda value: 1 <= value < inf, "must be at least 1 and finite")
WORD = Rule(str.isidentifier, "must be one name, without brackets or blanks")
SEED = Rule(lambda value: 0 <= value < 2**32, "must be between 0 and 4294967295")

MIRRORED_DEPTH = (
    "none = of the image; mean = with that of the mirrored image, blended = as Monodepth2 blends disparities: twice "
    "the time; uncertainties judge the depth of the image"
)
REJECT = "panels mark this share of the most uncertain pixels as not to be trusted; 0 = none"
"""Help of an option that several verbs have."""

TRUE, FALSE = ("yes", "y", "on", "true"), ("no", "n", "off", "false")
"""Words of a truth value, in any case."""
ENTRY = "entry"
"""Key of the metadata of a field, see `option`."""


CHOICES = "choices"
"""Key of the metadata of a field, see `option`."""


def option(
    default: Any,
    text: str,
    *,
    rule: Rule | None = None,
    choices: Collection[str] = (),
    entry: Callable[[type], type] | None = None,
) -> Any:
    """A dataclass field with its line of help; lists and mappings are copied per instance.

    Args:
        default: of the field.
        text: one line for --help.
        rule: what every value must obey, of a mapping each of its values; `gradunc.config.checks` holds it.
        choices: the names that a text may be; of a list its entries, of a mapping its keys. None stays what it may be.
        entry: of a mapping whose values stay plain dicts: the dataclass that holds the field -> a dataclass with the
            keys and types of an entry.

    Raises:
        ValueError: a rule beside choices that are themselves one: of all but a mapping.
    """
    if choices and not isinstance(default, dict):
        if rule is not None:
            raise ValueError(f"an option has choices or a rule, not both: {text}")
        rule = one_of(choices, null=default is None)
    found = {"help": text, "rule": rule, CHOICES: choices or None, ENTRY: entry}
    metadata = {key: value for key, value in found.items() if value is not None}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)

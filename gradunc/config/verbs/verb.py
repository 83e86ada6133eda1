"""What the command line must know of a verb."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """One verb of infer.py."""

    schema: type
    """Dataclass of its configuration, whose docstring says what the verb does."""
    groups: Mapping[str, str | None]
    """Group -> the YAML file that is loaded without a choice."""
    usage: str
    """The arguments, without the flags that all verbs share."""
    example: str
    """Arguments that work as they are where the files exist."""
    bare: str | None = None
    """The key that an argument which is a path and no YAML file stands for; None = there is none."""

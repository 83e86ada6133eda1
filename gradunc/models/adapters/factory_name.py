"""`FILE.py:FUNCTION`: how a user names a function that returns a network."""

import re
from pathlib import Path
from typing import NamedTuple


class FactoryName(NamedTuple):
    """A function of a Python file."""

    path: Path
    """Of the file."""
    function: str
    """Its name there; perhaps of none."""

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.path}:{self.function}"


def factory_name(source: str | Path) -> FactoryName | None:
    """What `FILE.py:FUNCTION` names; None for every other source of a network.

    >>> factory_name("nets/mine.py:best")
    FactoryName(path=PosixPath('nets/mine.py'), function='best')
    >>> factory_name("runs/a/export"), factory_name("mine.py")
    (None, None)
    """
    found = re.fullmatch(r"(.+\.py):(.*)", str(source), re.DOTALL)
    return None if found is None else FactoryName(Path(found[1]).expanduser(), found[2])

"""The arguments that open a tree of files, kept beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Arguments:
    """A data set and its options."""

    data_set: str
    options: list[str]

    def write(self, path: Path) -> None:
        """Keep them."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Arguments":
        """What `write` has kept."""
        return cls(**json.loads(path.read_text()))

    def of(self, root: Path, cache: Path) -> list[str]:
        """What is typed after train.py; every sequence is one to test on."""
        everything = "data.division={train: 0, val: 0, test: 1}"
        division = [] if any(one.startswith("data.division") for one in self.options) else [everything]
        return [f"data={self.data_set}", f"data.root={root}", f"data.cache={cache}", *division, *self.options]

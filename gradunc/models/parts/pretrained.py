"""Where the first weights of an encoder come from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gradunc.errors import InputError, shown
from gradunc.options import FALSE, TRUE


@dataclass(frozen=True)
class Pretrained:
    """Fresh weights by default; the published ones are downloaded, or they are read from a file."""

    download: bool = False
    file: Path | None = None
    option: str = "model.pretrained"
    """The key of a configuration that it comes from, for messages."""

    @classmethod
    def parse(cls, text: str, option: str = "model.pretrained") -> Self:
        """From the spelling of a configuration: "true" = download, "false" = fresh, anything else = a weight file.

        Raises:
            InputError: a file that does not exist.

        >>> Pretrained.parse("True").download, Pretrained.parse("false").download
        (True, False)
        """
        if text.lower() in TRUE + FALSE:
            return cls(download=text.lower() in TRUE, option=option)
        if not os.path.isfile(text):
            raise InputError(f"{option}='{shown(text)}' is neither true, false nor an existing file")
        return cls(file=Path(text), option=option)

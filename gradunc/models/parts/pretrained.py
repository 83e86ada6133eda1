"""Where the first weights of an encoder come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gradunc.errors import InputError


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
        if text.lower() in ("true", "false"):
            return cls(download=text.lower() == "true", option=option)
        if not Path(text).is_file():
            raise InputError(f"{option}='{text}' is neither true, false nor an existing file")
        return cls(file=Path(text), option=option)

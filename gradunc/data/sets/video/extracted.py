"""What was kept of a video, in a folder of the cache.

The folder holds the pictures, `journal.jsonl` with one line for each, and, once all is done, `index.json`.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.text_files import read_json, read_lines

JOURNAL, INDEX = "journal.jsonl", "index.json"


@dataclass(frozen=True)
class Kept:
    """One picture in the cache; a line of the journal."""

    index: int
    """Its number in the video."""
    time: float | None
    """[s]."""
    sequence: int
    static: int
    """Pictures before it that were left out because the camera stood still."""
    blank: int
    """Pictures before it that showed nothing."""

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.index:08d}.jpg"


@dataclass(frozen=True)
class Extracted:
    """The pictures of a video."""

    folder: Path
    size: tuple[int, int]
    """(H,W) of the video, upright; kept pictures may be smaller."""
    pictures: tuple[Kept, ...]
    decoded: int
    static: int
    blank: int
    damaged: int
    """Packets that could not be decoded."""
    announced: int | None
    """Pictures that the file says it has."""

    @property
    def sequences(self) -> dict[int, list[Path]]:
        """Scene -> its pictures in time."""
        result: dict[int, list[Path]] = {}
        for picture in self.pictures:
            result.setdefault(picture.sequence, []).append(self.folder / picture.file)
        return result

    def summary(self) -> str:
        """One line about what was kept and what was not."""
        lost = f", {self.damaged} damaged packets" if self.damaged else ""
        cut_off = self.announced is not None and self.decoded < 0.9 * self.announced
        missing = f" (the file announces {self.announced}: it is damaged or cut off)" if cut_off else ""
        return (
            f"{len(self.pictures)} of {self.decoded} pictures kept in {len(self.sequences)} sequence(s){missing}; "
            f"left out: {self.static} without motion, {self.blank} blank{lost}"
        )


def read_index(folder: Path) -> Extracted:
    """What a finished folder holds; InputError if no picture was worth keeping."""
    content: dict[str, Any] = read_json(folder / INDEX, "index of a video")
    if not content["pictures"]:
        raise InputError(f"video '{content['video']}' shows nothing: all {content['decoded']} pictures are blank")
    pictures = tuple(Kept(**one) for one in content["pictures"])
    names = ("decoded", "static", "blank", "damaged", "announced")
    return Extracted(folder, tuple(content["size"]), pictures, **{name: content[name] for name in names})


def read_journal(folder: Path) -> list[Kept]:
    """The pictures that an earlier attempt has finished; a line that was torn by a break ends the list."""
    path = folder / JOURNAL
    kept: list[Kept] = []
    for line in read_lines(path, "journal of a video") if path.exists() else []:
        try:
            one = Kept(**json.loads(line))
        except (ValueError, TypeError):
            break
        if not (folder / one.file).is_file():
            break
        kept.append(one)
    return kept


def journal_line(one: Kept) -> str:
    """The line of a picture in the journal."""
    return json.dumps(asdict(one)) + "\n"

"""The file that says which networks belong together: `ensemble.json` of a group of runs, `snapshots.json` of a run.

Needs no torch. Paths are relative to the file, so that its folder may be moved.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.errors import InputError, path_hint, unwritable
from gradunc.files import write_json
from gradunc.text_files import read_json

ENSEMBLE, SNAPSHOTS = "ensemble.json", "snapshots.json"
ENDED = "ended"
"""Fact of a manifest: true if the training has come to its end, and what is not finished never will be."""
LARGEST = 2**20
"""Bytes of a manifest; one of a thousand members has a fifth of that."""
VERSION = 1


class Bound(NamedTuple):
    """What a manifest binds."""

    path: Path
    """Of the file."""
    ready: list[Path]
    """The networks whose training has ended, in their order."""
    waiting: list[str]
    """Members, as the file names them, whose training has not."""
    ended: bool
    """No more will come: the training as a whole is over."""


def write_manifest(path: Path, facts: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> Path:
    """Write a whole file or none; returns its path.

    Args:
        path: of the file.
        facts: plain values about all members.
        members: of each at least "path", relative to the file, and "finished".

    Raises:
        InputError: it cannot be written.
    """
    try:
        return write_json(path, {"version": VERSION, **facts, "members": [dict(one) for one in members]})
    except OSError as error:
        raise unwritable(path, error, "write the manifest") from error


def read_manifest(place: Path) -> dict[str, Any]:
    """The content of a manifest.

    Args:
        place: the file, or a folder that holds one.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = manifest_in(place)
    content = read_json(path, "manifest", LARGEST)
    members = content.get("members") if isinstance(content, dict) else None
    if not isinstance(members, list) or not all(map(_is_member, members)):
        raise InputError(f"manifest '{path}' has no list 'members' with 'path' and 'finished' of each; train it again")
    return content


def bound(place: Path) -> Bound:
    """What a manifest binds; arguments and errors as for `read_manifest`."""
    path, content = manifest_in(place), read_manifest(place)
    members = content["members"]
    ready = [path.parent / one["path"] for one in members if one["finished"]]
    waiting = [one["path"] for one in members if not one["finished"]]
    return Bound(path, ready, waiting, content.get(ENDED) is True)


def manifest_in(place: Path) -> Path:
    """The file itself, or the one that a folder holds.

    Raises:
        InputError: there is none.
    """
    place = place.expanduser()
    if not place.is_dir():
        if not place.exists():
            raise InputError(f"manifest '{place}' does not exist{path_hint(place)}; give the folder of an ensemble")
        return place
    found = next((place / name for name in (ENSEMBLE, SNAPSHOTS) if (place / name).is_file()), None)
    if found is None:
        raise InputError(
            f"'{place}' holds no {ENSEMBLE} (train.py ensemble.members=4) and no {SNAPSHOTS} "
            "(objective.schedule=cyclic); give the folder of such a training, or checkpoints=[PATH,...]"
        )
    return found


def _is_member(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("path"), str) and isinstance(one.get("finished"), bool)

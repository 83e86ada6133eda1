"""The folder of an ensemble: `member-1`, `member-2`, ..., and the manifest that binds them."""

import zlib
from pathlib import Path
from typing import Any

from gradunc.commands.run_folder import run_folder, shared_folder
from gradunc.config import TrainConfig
from gradunc.errors import InputError, path_hint, unwritable
from gradunc.text_files import read_json
from gradunc.uncertainty.empirical.manifest import ENSEMBLE, LARGEST, read_manifest, write_manifest

FACTS = "member.json"
"""In the folder of a member: what it is, and whether its training has ended."""
KIND = "bootstrap"


def member_seed(seed: int, number: int) -> int:
    """The seed of a member, from which its weights, order, augmentation and subset follow.

    A checksum and no sum: ensembles of neighbouring seeds would share members.

    >>> member_seed(0, 1) != member_seed(1, 1) and member_seed(0, 2) != member_seed(1, 1)
    True
    """
    return zlib.crc32(f"{seed} member {number}".encode())


class EnsembleGroup:
    """The members of one ensemble.

    Args:
        config: of train.py, with the section `ensemble`.

    Raises:
        InputError: a folder to go on with that holds no ensemble, or one that was begun with another seed or share.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.found = _found(config)
        """The folder, None if it will be a new one."""
        self._check_same()

    @property
    def name(self) -> str:
        """For people and loggers."""
        assert self.found is not None, "the group is named when it has a folder"
        return self.found.name if self.config.ensemble.folder else f"{self.config.name}-{self.found.name}"

    def make(self) -> Path:
        """The folder, made if it is not there.

        Raises:
            InputError: it cannot be.
        """
        given = self.config.ensemble.folder
        if self.found is None or given is None:
            self.found = run_folder(self.config, self.found)
        try:
            self.found.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.found, error, "create the folder of the ensemble") from error
        return self.found

    def member(self, number: int) -> Path | None:
        """The folder of a member; None before that of the ensemble is known."""
        return None if self.found is None else self.found / f"member-{number}"

    def begun(self) -> list[Path]:
        """Folders of the members that there are."""
        return [] if self.found is None else sorted(self.found.glob("member-*"))

    def facts(self, number: int) -> dict[str, Any]:
        """What is known of a member."""
        start = {
            "path": f"member-{number}",
            "finished": False,
            "number": number,
            "seed": member_seed(self.config.seed, number),
        }
        folder = self.member(number)
        if folder is None or not (folder / FACTS).is_file():
            return start
        found = read_json(folder / FACTS, "description of a member", LARGEST)
        return {**start, **found} if isinstance(found, dict) else start

    def bind(self) -> None:
        """Write the manifest of all members that there are or will be.

        Jobs of other members may do the same at the same time: who was overtaken writes again.
        """
        assert self.found is not None, "the folder has been made"
        wanted, written = self._members(), None
        while wanted != written:
            common = {"kind": KIND, "seed": self.config.seed, "fraction": self.config.ensemble.fraction}
            write_manifest(self.found / ENSEMBLE, common, wanted)
            wanted, written = self._members(), wanted

    def _members(self) -> list[dict[str, Any]]:
        before = len(read_manifest(self.found)["members"]) if self._has_manifest() and self.found else 0
        return [self.facts(number) for number in range(1, max(self.config.ensemble.members or 0, before) + 1)]

    def _has_manifest(self) -> bool:
        return self.found is not None and (self.found / ENSEMBLE).is_file()

    def _check_same(self) -> None:
        if not self._has_manifest() or self.found is None:
            return
        stored = read_manifest(self.found)
        asked = {"seed": self.config.seed, "fraction": self.config.ensemble.fraction}
        for (name, now), key in zip(asked.items(), ("seed", "ensemble.fraction"), strict=True):
            if stored.get(name) != now:
                raise InputError(
                    f"{self.found} was begun with {key}={stored.get(name)}, this run asks for {now}; give that, or "
                    "begin a new ensemble with resume=null"
                )


def _found(config: TrainConfig) -> Path | None:
    """The folder that is gone on with, or that was named; None for a new one."""
    given, resume = config.ensemble.folder, config.resume
    named = None if given is None else Path(given).expanduser()
    if resume is None or resume == "auto":
        if named is not None:
            return named
        if (shared := shared_folder()) is not None:
            return shared
        return None if resume is None else _newest(Path(config.output, config.name))
    path = Path(resume).expanduser()
    if not (path / ENSEMBLE).is_file():
        raise InputError(
            f"resume='{resume}' holds no {ENSEMBLE}; give the folder of an ensemble, or auto{path_hint(path)}"
        )
    if named is not None and named.resolve() != path.resolve():
        raise InputError(f"resume={resume} and ensemble.folder={given} are two folders; omit one of them")
    return path


def _newest(base: Path) -> Path | None:
    """The ensemble of this name whose manifest or members were written last."""
    found = [
        (max(one.stat().st_mtime for one in (path, *path.parent.glob("member-*/checkpoints/*.ckpt"))), path.parent)
        for path in base.glob(f"*/{ENSEMBLE}")
    ]
    return max(found)[1] if found else None

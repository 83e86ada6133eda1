"""train.py with `ensemble.members`: bootstrapped networks one after another, or one of them (docs/methods.md B.2)."""

import os
from dataclasses import replace
from pathlib import Path

from gradunc.commands.ensemble_group import FACTS, EnsembleGroup, member_seed
from gradunc.commands.resume import check_same_settings
from gradunc.commands.resume_point import ResumePoint, point_of_folder
from gradunc.commands.run_folder import discard, process_rank
from gradunc.commands.run_place import RunPlace
from gradunc.commands.run_training import train
from gradunc.config import TrainConfig
from gradunc.config.ensemble import EnsembleSection
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.subset import subset_checksum
from gradunc.errors import InputError
from gradunc.files import write_json
from gradunc.loggers.run_info import RunInfo
from gradunc.uncertainty.empirical.manifest import bound


class MemberPlace(RunPlace):
    """A member of an ensemble, in a folder of the group.

    Args:
        config: of the member.
        group: that it belongs to.
        number: of the member, from 1.
    """

    def __init__(self, config: TrainConfig, group: EnsembleGroup, number: int) -> None:
        super().__init__(config)
        self.group, self.number = group, number

    def point(self) -> ResumePoint:
        """See `RunPlace`; InputError for a folder that another run has written."""
        folder = self.group.member(self.number)
        if folder is None or not folder.is_dir():
            return ResumePoint()
        if self.group.config.resume is not None:
            return point_of_folder(folder)
        if process_rank() == 0 and any(folder.iterdir()):
            raise InputError(f"'{folder}' was begun by another run; go on with it by resume=auto")
        return ResumePoint()

    def make(self, point: ResumePoint) -> Path:
        """See `RunPlace`."""
        folder = self.group.make() / f"member-{self.number}"
        folder.mkdir(exist_ok=True)
        return folder

    def discard(self, folder: Path) -> None:
        """See `RunPlace`."""
        above = () if self.group.config.ensemble.folder else (folder.parent.parent, Path(self.config.output))
        discard(folder, folder.parent, *above)

    def told(self, info: RunInfo) -> RunInfo:
        """See `RunPlace`: every member is a run, and the ensemble their group."""
        return replace(info, title=f"{info.title} member {self.number}", group=self.group.name)

    def begin(self, folder: Path, data: DepthData) -> None:
        """See `RunPlace`; InputError if the member was begun on another subset."""
        before, train = self.group.facts(self.number), data.split("train")
        facts = {**before, "samples": len(train), "subset": subset_checksum(train), "finished": False}
        for key, what in (("samples", "training samples"), ("subset", "subset")):
            if before.get(key, facts[key]) != facts[key]:
                raise InputError(
                    f"{folder} was begun with {what} {before[key]}, now it would be {facts[key]}: the training data "
                    "have changed; begin a new ensemble with resume=null"
                )
        self._write(folder, facts)
        print(
            f"member {self.number} of {self.group.config.ensemble.members}: {len(train)} training samples", flush=True
        )

    def end(self, folder: Path, best: Path) -> None:
        """See `RunPlace`."""
        checkpoint = Path(os.path.relpath(best, folder.parent)).as_posix()
        self._write(folder, {**self.group.facts(self.number), "finished": True, "checkpoint": checkpoint})

    def advice(self, folder: Path) -> str:
        """See `RunPlace`."""
        return f"continue with resume=auto, or resume={folder.parent}"

    def _write(self, folder: Path, facts: dict[str, object]) -> None:
        write_json(folder / FACTS, facts)
        self.group.bind()


def train_ensemble(config: TrainConfig, *, dry_run: bool = False) -> int:
    """Train the members that are not finished; returns the exit code.

    Args:
        config: of train.py.
        dry_run: as for `train`, of the first member that would be trained.

    Raises:
        InputError: as `train`, or keys of `ensemble` that do not go together.
    """
    numbers = _numbers(config)
    group = EnsembleGroup(config)
    for folder in group.begun():
        check_same_settings(config, folder, started=False)
    for number in numbers:
        if group.facts(number)["finished"]:
            if process_rank() == 0:
                print(f"member {number} of {config.ensemble.members} is trained: {group.member(number)}", flush=True)
            continue
        own = member_config(config, number)
        train(own, dry_run=dry_run, place=MemberPlace(own, group, number))
        if dry_run:
            return 0
    if process_rank() == 0:
        print(_ending(group.make()), flush=True)
    return 0


def _ending(folder: Path) -> str:
    """What a call says of the ensemble in the end."""
    found = bound(folder)
    if found.waiting:
        return f"ensemble: {folder}; not trained yet: {', '.join(found.waiting)}"
    return (
        f"ensemble: {folder}; its uncertainty: infer.py evaluate data=NAME checkpoint={found.ready[0]} "
        f"uncertainty=ensemble uncertainty.ensemble.manifest={folder}"
    )


def member_config(config: TrainConfig, number: int) -> TrainConfig:
    """The configuration of a member: that of a run by itself, which trains the same network."""
    seed = member_seed(config.seed, number)
    data = replace(config.data, train_fraction=config.ensemble.fraction, subset_seed=seed)
    return replace(config, seed=seed, data=data, ensemble=EnsembleSection(), resume=None)


def _numbers(config: TrainConfig) -> list[int]:
    """The members that this call trains."""
    ensemble = config.ensemble
    if ensemble.members is None:
        raise InputError("ensemble.members is missing: how many networks does the ensemble have?")
    if config.data.train_fraction != 1:
        raise InputError(
            f"data.train_fraction={config.data.train_fraction} beside ensemble.members; set ensemble.fraction alone"
        )
    if ensemble.member is None:
        return [*range(1, ensemble.members + 1)]
    if ensemble.member > ensemble.members:
        raise InputError(f"ensemble.member={ensemble.member} of ensemble.members={ensemble.members}; they count from 1")
    if ensemble.folder is None and config.resume in (None, "auto"):
        raise InputError(
            f"ensemble.member={ensemble.member} needs ensemble.folder=FOLDER, which the jobs of all members share"
        )
    return [ensemble.member]

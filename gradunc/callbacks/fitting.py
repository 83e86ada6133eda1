"""Letting estimators learn from the trainer's data before the first batch is estimated."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, cast

import lightning as L
import torch
from rich import get_console
from rich.progress import track
from torch import Tensor, nn

from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import DepthData, to_float
from gradunc.errors import InputError
from gradunc.types import Sample, Split, UncertaintyEstimator
from gradunc.uncertainty.interface import Fitted, behind, images_wanted, learned_from, wrapped
from gradunc.uncertainty.learned import Learned, checksum
from gradunc.uncertainty.learned_file import Kept, Origin


class Lesson(NamedTuple):
    """What estimators learn of, and from."""

    data: DepthData | None
    """None: there are none."""
    device: torch.device
    """Of the network."""
    model: nn.Module
    keep: bool
    """Whether what is learned is written."""
    say: Callable[[str], None]
    """Gets a line about every estimator that has learned."""


class Fitting:
    """Sees to it that estimators have learned of the network as it is now, each once.

    Args:
        learned: keeps what was learned beside the checkpoint; None keeps nothing.
        again: learn anew, also what is kept already.
        own_data: learn anew what was learned from other data; without it that is used, with a warning.
    """

    def __init__(self, learned: Learned | None, *, again: bool = False, own_data: bool = False) -> None:
        self.learned, self.again, self.own_data = learned, again, own_data
        self.estimators: Mapping[str, UncertaintyEstimator] = {}
        """Name -> estimator; those that learn nothing are left alone."""
        self._done: dict[str, tuple[object, int]] = {}
        """Name -> estimator that was made ready here, and the checksum of the network that it has learned of."""
        self._fresh: set[str] = set()
        """Those that have learned here, so that what wraps them has to."""

    def waiting(self, name: str) -> bool:
        """Whether an estimator, or one that it wraps, has not learned yet."""
        asked = [self.estimators[one] for one in (name, *behind(name, self.estimators))]
        return any(isinstance(one, Fitted) and not one.is_fitted for one in asked)

    def ready(self, trainer: L.Trainer, pl_module: L.LightningModule, model: nn.Module) -> None:
        """As `learn`, from the data of a trainer, with a line on stderr for each; a dry run keeps nothing.

        Raises:
            InputError: there is no data to learn from.
        """
        data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        keep = trainer.is_global_zero and not trainer.fast_dev_run  # pyright: ignore[reportAttributeAccessIssue]
        say = partial(print, file=sys.stderr) if trainer.is_global_zero else _silent
        self.learn(Lesson(data if isinstance(data, DepthData) else None, pl_module.device, model, keep, say))

    def learn(self, lesson: Lesson) -> None:
        """Restore or fit what has not learned of these weights; estimators that others wrap come first.

        Raises:
            InputError: there is no data to learn from.
        """
        if any(isinstance(estimator, Fitted) for estimator in self.estimators.values()):
            weights = checksum(lesson.model)
            for name in self.estimators:
                self._learn(name, lesson, weights)

    def _learn(self, name: str, lesson: Lesson, weights: int) -> None:
        estimator = self.estimators[name]
        for other, inner in self.estimators.items():
            if any(inner is one for one in wrapped(estimator)):
                self._learn(other, lesson, weights)
        if not isinstance(estimator, Fitted):
            return
        known, of_weights = self._done.get(name, (None, 0))
        by_hand = estimator.is_fitted and known is not estimator
        if by_hand or (known is estimator and of_weights == weights):
            return
        found = self._found(name, estimator, lesson)
        if found is not None:
            lesson.say(
                f"uncertainty.{name} has learned before from {found.origin or 'unknown data'}: '{found.path}' "
                "(the verb fit with again=true learns anew)"
            )
            found.give(estimator, lesson.device)
        else:
            self._fit(name, estimator, lesson)
        self._done[name] = estimator, weights

    def _found(self, name: str, estimator: Fitted, lesson: Lesson) -> Kept | None:
        """What is kept and may be used; a warning if it was learned from other data than those of the lesson."""
        inner = behind(name, self.estimators)
        if self.learned is None or self.again or self._fresh.intersection(inner):
            return None
        found = self.learned.load(name, lesson.model, inner)
        if found is None or lesson.data is None:
            return found
        try:
            origin = _origin(estimator, lesson.data)
        except InputError as error:
            if self.own_data:
                raise InputError(f"uncertainty.{name}: {error}") from error
            origin = None  # data to be judged need no split to learn from
        if origin == found.origin:
            return found
        if self.own_data:
            return None
        here = f"not from {origin}" if origin is not None else f"and {lesson.data.label} has none to learn from"
        lesson.say(f"warning: uncertainty.{name} has learned from other data: {found.origin or 'unknown'}, {here}")
        return found

    def _fit(self, name: str, estimator: Fitted, lesson: Lesson) -> None:
        if lesson.data is None:
            raise InputError(
                f"estimator '{name}' learns from data before its first estimate; call its fit(batches) yourself, or "
                "give the trainer a DepthData"
            )
        started = time.perf_counter()
        count = images_wanted(estimator)
        # What is made in inference mode can never enter autograd.
        with torch.inference_mode(False):
            try:
                lesson.data.prepare(estimator.fit_split)
                lesson.data.tell()
                estimator.fit(batches(lesson.data, estimator.fit_split, lesson.device, f"{name} learns", count))
            except InputError as error:
                raise InputError(f"uncertainty.{name}: {error}") from error
        self._fresh.add(name)
        seconds = time.perf_counter() - started
        where = ""
        if self.learned is not None and lesson.keep:
            inner = behind(name, self.estimators)
            origin = _origin(estimator, lesson.data)
            path = self.learned.save(name, lesson.model, estimator.learned(), inner, origin)
            where = f": '{path}'"
        lesson.say(f"uncertainty.{name} has learned from {learned_from(estimator)} in {seconds:.1f} s{where}")


def _origin(estimator: Fitted, data: DepthData) -> Origin:
    """What an estimator learns from here; `InputError` if the split cannot be opened."""
    split, wanted = estimator.fit_split, images_wanted(estimator)
    size = len(data.split(split))
    return Origin(data.label, split, size if wanted is None else min(size, wanted), data.fingerprint(split))


def _silent(_: str) -> None:
    """Other processes have learned the same."""


def batches(
    data: DepthData, split: Split, device: torch.device, text: str = "", count: int | None = None
) -> Iterator[Sample]:
    """The samples of a split in order, `eval_batch_size` at a time, images in [0,1], on a device.

    Args:
        data: of the run.
        split: which part.
        device: where tensors go.
        text: of the progress bar; "" shows none.
        count: how many samples at most, evenly spread over the split; None = all.
    """
    size = len(data.split(split))
    total = size if count is None else min(size, count)
    disable = not text or not get_console().is_terminal
    samples = iter(track(data.samples(split, count), text, total=total, transient=True, disable=disable))
    while part := list(islice(samples, data.eval_batch_size)):
        batch = to_float(collate(part))
        moved = {key: value.to(device) if isinstance(value, Tensor) else value for key, value in batch.items()}
        yield cast(Sample, moved)

"""Loading batches for a Lightning trainer."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import lightning as L
import torch
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.data import Dataset

from gradunc.data.loading.augmentation import augment, sample_draws
from gradunc.data.loading.failures import Checked
from gradunc.data.loading.loaders import CheckedLoader, TrainLoader
from gradunc.data.loading.mixture import Mixture
from gradunc.data.loading.report import LoadingReport, Policy
from gradunc.data.loading.sampling import EpochSampler, ShardSampler, evenly_spread
from gradunc.data.remarks import Remarks
from gradunc.errors import InputError
from gradunc.types import Sample, Split


class DepthData(L.LightningDataModule):
    """The three splits of a data set.

    The order depends on the seed and the epoch only, augmentation on the seed, the epoch and the sample: a resumed run
    sees what an uninterrupted one would, and so do several processes and what one would.

    Args:
        make: split -> data set; called once per split, when it is needed.
        batch_size: training samples per step and process.
        eval_batch_size: samples per validation and test step.
        workers: loading processes.
        augmentation: keywords of `augment` for training batches.
        seed: of order and augmentation.
        on_error: "raise" for the first sample that cannot be read, or "skip" it: training takes another one in its
            place, always the same, evaluation leaves it out. See `report`.
        label: name of the data set, for people.
        identify: split and its data set -> a text that differs for other data; None = nothing is known.
        remarks: on the data, to which `make` adds; the first process prints each once, when loading begins.
    """

    def __init__(
        self,
        make: Callable[[Split], Dataset[Sample]],
        batch_size: int = 12,
        eval_batch_size: int = 1,
        workers: int = 0,
        augmentation: dict[str, Any] | None = None,
        seed: int = 0,
        on_error: Policy = "raise",
        remarks: Remarks | None = None,
        *,
        label: str = "data",
        identify: Callable[[Split, Any], str] | None = None,
    ) -> None:
        super().__init__()
        self.make = make
        self.batch_size, self.eval_batch_size, self.workers = batch_size, eval_batch_size, workers
        self.augmentation = augmentation
        self.seed = seed
        self.label, self._identify = label, identify
        self.report = LoadingReport(on_error)
        """What could not be read."""
        self.remarks = Remarks() if remarks is None else remarks
        """What is assumed of the data, and what is not used."""
        self._sets: dict[Split, Dataset[Sample]] = {}
        self._order: EpochSampler | None = None

    def split(self, name: Split) -> Any:
        """The data set of a split."""
        if name not in self._sets:
            self._sets[name] = self.make(name)
        return self._sets[name]

    def fingerprint(self, name: Split) -> str:
        """A text that differs for other data in that split; "" where nothing is known."""
        return "" if self._identify is None else self._identify(name, self.split(name))

    def prepare(self, *names: Split) -> None:
        """Build splits and fill their caches; main process only, before the trainer starts.

        Raises:
            InputError: a split without a sample.
        """
        for name in names:
            data = self.split(name)
            if len(data) == 0:
                raise InputError(f"the {name} split holds no sample; check data.root and the split file")
            if hasattr(data, "prepare"):
                data.prepare()

    def samples(self, name: Split, count: int | None = None) -> Iterator[Sample]:
        """The samples of a split one by one, in order; what cannot be read is raised or left out (`on_error`).

        Args:
            name: of the split.
            count: how many at most, evenly spread over it; None = all.
        """
        data = Checked(self.split(name), substitute=False)
        wanted = sorted(evenly_spread(len(data), len(data) if count is None else count))
        self.report.begin(name, len(wanted))
        for index in wanted:
            sample, failures = data[index]
            self.report.add(name, failures)
            if sample is not None:
                yield sample

    def tell(self) -> None:
        """Print the new remarks; when loading begins, so that what goes wrong before is one line."""
        rank_zero_only(self.remarks.tell)()

    def train_dataloader(self) -> TrainLoader:
        """Shuffled by seed and epoch; incomplete last batches are dropped.

        Raises:
            InputError: fewer samples than one batch.
        """
        data = self.split("train")
        processes, rank = self._process()
        if len(data) // processes < self.batch_size:
            raise InputError(
                f"the train split has {len(data)} samples for {processes} process(es), fewer than "
                f"data.batch_size={self.batch_size}; lower it"
            )
        mixed = isinstance(data, Mixture)
        self._order = (
            data.sampler(processes, rank, self.seed) if mixed else EpochSampler(data, processes, rank, self.seed)
        )
        if self.trainer is not None:
            # A resumed run begins with its epoch, and in the midst of it with the state of the loader.
            progress: Any = self.trainer.fit_loop.epoch_progress.current
            self._order.epoch = progress.processed
        self.tell()
        checked = Checked(data, substitute=self.report.policy == "skip")
        limit = 1.0 if self.trainer is None else self.trainer.limit_train_batches
        options = self._options("train", self.batch_size)
        return TrainLoader(checked, sampler=self._order, limit=limit, drop_last=True, **options)

    def val_dataloader(self) -> CheckedLoader:
        """In order, every sample once."""
        return self._eval_loader("val")

    def test_dataloader(self) -> CheckedLoader:
        """In order, every sample once."""
        return self._eval_loader("test")

    def predict_dataloader(self) -> CheckedLoader:
        """The test split."""
        return self._eval_loader("test")

    def transfer_batch_to_device(self, batch: Sample, device: torch.device, dataloader_idx: int) -> Sample:
        """Move a batch, turn uint8 into float there, and augment training batches."""
        moved = to_float(super().transfer_batch_to_device(batch, device, dataloader_idx))
        if self.augmentation is None or self._order is None or self.trainer is None or not self.trainer.training:
            return moved
        # The indices of the batch that stayed here: reading those on the device would wait for it.
        draws = sample_draws(self.seed, self._order.epoch, batch["index"].tolist())  # pyright: ignore[reportTypedDictNotRequiredAccess]
        return augment(moved, draws, **self.augmentation)

    def _eval_loader(self, name: Split) -> CheckedLoader:
        data = self.split(name)
        processes, rank = self._process()
        if len(data) < processes:
            raise InputError(
                f"the {name} split has {len(data)} samples for {processes} processes; lower trainer.devices"
            )
        self.tell()
        sampler = ShardSampler(data, processes, rank)
        checked = Checked(data, substitute=False)
        return CheckedLoader(checked, sampler=sampler, **self._options(name, self.eval_batch_size))

    def _options(self, name: Split, batch_size: int) -> dict[str, Any]:
        return {
            "split": name,
            "report": self.report,
            "batch_size": batch_size,
            "num_workers": self.workers,
            "persistent_workers": self.workers > 0,
            "pin_memory": self.trainer is not None and self.trainer.strategy.root_device.type == "cuda",
            # Of its own, so that loading takes nothing from the random numbers of the training.
            "generator": torch.Generator().manual_seed(self.seed),
        }

    def _process(self) -> tuple[int, int]:
        """Number of processes and the rank of this one."""
        return (self.trainer.world_size, self.trainer.global_rank) if self.trainer is not None else (1, 0)


def to_float(batch: Sample) -> Sample:
    """Images of a batch in [0,1]; what is float already stays as it is."""
    result = cast(Sample, dict(batch))
    for key in ("image", "sources"):
        values = batch.get(key)
        if values is not None and values.dtype == torch.uint8:
            result[key] = values.float().div_(255)
    return result

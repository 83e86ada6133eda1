"""Loading batches for a Lightning trainer."""

from collections.abc import Callable
from typing import Any, Literal, cast

import lightning as L
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from gradunc.data.augmentation import augment
from gradunc.data.collate import collate
from gradunc.data.sampling import ShardSampler
from gradunc.errors import InputError
from gradunc.types import Sample

Split = Literal["train", "val", "test"]


class DepthData(L.LightningDataModule):
    """The three splits of a data set.

    Order and augmentation depend on the seed, the epoch and the step only, so that a resumed run sees what an
    uninterrupted one would.

    Args:
        make: split -> data set; called once per split, when it is needed.
        batch_size: training samples per step and process.
        eval_batch_size: samples per validation and test step.
        workers: loading processes.
        augmentation: keywords of `augment` for training batches.
        seed: of order and augmentation.
    """

    def __init__(
        self,
        make: Callable[[Split], Dataset[Sample]],
        batch_size: int = 12,
        eval_batch_size: int = 1,
        workers: int = 0,
        augmentation: dict[str, float] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.make = make
        self.batch_size, self.eval_batch_size, self.workers = batch_size, eval_batch_size, workers
        self.augmentation = augmentation
        self.seed = seed
        self._sets: dict[Split, Dataset[Sample]] = {}

    def split(self, name: Split) -> Any:
        """The data set of a split."""
        if name not in self._sets:
            self._sets[name] = self.make(name)
        return self._sets[name]

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

    def train_dataloader(self) -> DataLoader[Sample]:
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
        sampler = DistributedSampler(data, processes, rank, shuffle=True, seed=self.seed)
        return self._loader(data, self.batch_size, sampler, drop_last=True)

    def val_dataloader(self) -> DataLoader[Sample]:
        """In order, every sample once."""
        return self._eval_loader("val")

    def test_dataloader(self) -> DataLoader[Sample]:
        """In order, every sample once."""
        return self._eval_loader("test")

    def predict_dataloader(self) -> DataLoader[Sample]:
        """The test split."""
        return self._eval_loader("test")

    def on_after_batch_transfer(self, batch: Sample, dataloader_idx: int) -> Sample:
        """Turn uint8 into float and augment training batches, on the device."""
        batch = to_float(batch)
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return batch
        _, rank = self._process()
        generator = torch.Generator().manual_seed(hash((self.seed, self.trainer.fit_loop.total_batch_idx, rank)))
        return augment(batch, generator, **self.augmentation)

    def _eval_loader(self, name: Split) -> DataLoader[Sample]:
        data = self.split(name)
        processes, rank = self._process()
        if len(data) < processes:
            raise InputError(
                f"the {name} split has {len(data)} samples for {processes} processes; lower trainer.devices"
            )
        return self._loader(data, self.eval_batch_size, ShardSampler(data, processes, rank), drop_last=False)

    def _loader(self, data: Any, batch_size: int, sampler: Any, *, drop_last: bool) -> DataLoader[Sample]:
        pin = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return DataLoader(
            data,
            batch_size=batch_size,
            sampler=sampler,
            collate_fn=collate,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            pin_memory=pin,
            drop_last=drop_last,
        )

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

"""The procedural street."""

from pathlib import Path

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.sets.synthetic import SyntheticSettings, SyntheticStreet
from gradunc.data.store import Arrays
from gradunc.errors import InputError
from gradunc.types import FrameIds, Sample, Size, Split


class _Street(SyntheticStreet):
    """The street, for which a cache that cannot be read or written is an error of the user."""

    def load(self, index: int) -> Arrays | None:
        """The arrays of a sample from the cache; None where it has no whole file."""
        try:
            return super().load(index)
        except OSError as error:
            raise self._unusable(error) from error

    def produce(self, index: int) -> Arrays:
        """Renders the arrays of a sample, and keeps them if there is a cache."""
        try:
            return super().produce(index)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> InputError:
        reason = error.strerror or error
        return InputError(f"cannot write rendered samples to '{self.folder}': {reason}; set data.cache=FOLDER")


def synthetic(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Scenes of one split."""
    options = settings.synthetic
    scenes = {"train": options.train_scenes, "val": options.val_scenes, "test": options.test_scenes}[split]
    world = SyntheticSettings(
        height=size[0],
        width=size[1],
        seed=options.seed,
        moving_objects=options.moving_objects,
        shadows=options.shadows,
        frames_per_scene=options.frames_per_scene,
    )
    return _Street(split, scenes, world, frames, Path(settings.cache).expanduser() / "synthetic")

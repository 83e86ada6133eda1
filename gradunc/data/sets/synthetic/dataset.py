"""The procedural street."""

from pathlib import Path

from gradunc.data.array_files import Arrays
from gradunc.data.interface import DataSet
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.settings import SyntheticSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split


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


class Synthetic(DataSet[SyntheticSettings]):
    """Scenes of the procedural street, rendered at the size of the network when they are first needed."""

    def read(self, split: Split, size: Size, frames: FrameIds) -> SyntheticStreet:
        """Scenes of one split."""
        options = self.options
        scenes = {"train": options.train_scenes, "val": options.val_scenes, "test": options.test_scenes}[split]
        rendered = RenderSettings(
            height=size[0],
            width=size[1],
            seed=options.seed,
            moving_objects=options.moving_objects,
            shadows=options.shadows,
            frames_per_scene=options.frames_per_scene,
        )
        return _Street(split, scenes, rendered, frames, Path(self.common.cache).expanduser() / "synthetic")

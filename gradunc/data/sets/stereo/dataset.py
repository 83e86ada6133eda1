"""Rectified stereo pairs."""

from dataclasses import replace
from typing import Self

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.stereo.files import TRUTH_FILES, find_sequences
from gradunc.data.sets.stereo.frames import stereo_frames
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.types import STEREO, FrameIds, Size, Split


class Stereo(RecordedDataSet[StereoSettings]):
    """The left views of stereo pairs, single or in sequences."""

    holds = "stereo pairs (Middlebury 2014 or 2006, left/ and right/, or NAMEL.jpg and NAMER.jpg)"
    default_frames = (STEREO,)
    photometric_objective = "stereo"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Left views of one split."""
        root, division = self.root(), self.division()
        return FrameDataset(stereo_frames(root, split, frames, self.options, division, strict=self.common.strict), size)

    def missing_truth(self, *, train: bool = False) -> str:
        """What is missing where no pair has disparity or depth."""
        if not self.options.ground_truth:
            return "data.stereo.ground_truth=false omits true depth; set it to true"
        root = self.root()
        sequences = find_sequences(root, self.options.layout, strict=self.common.strict)
        if any(pair.disparity or pair.depth for sequence in sequences.values() for pair in sequence.pairs):
            return ""
        wanted = TRUTH_FILES[next(iter(sequences.values())).layout]
        return f"no pair in data.root='{root}' has {wanted}; add it"

    def without_truth(self) -> Self:
        """Without reading disparity or depth."""
        return self._with(replace(self.options, ground_truth=False))

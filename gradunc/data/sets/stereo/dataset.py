"""Rectified stereo pairs."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note, notes
from gradunc.data.sets.stereo.files import COMPANIONS, LAYOUTS, TRUTH_FILES, StereoSequence, find_sequences
from gradunc.data.sets.stereo.frames import stereo_frames
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.data.settings import DivisionSettings
from gradunc.types import STEREO, FrameIds, Size, Split


class Stereo(RecordedDataSet[StereoSettings]):
    """The left views of stereo pairs, single or in sequences."""

    holds = "stereo pairs (Middlebury 2014 or 2006, left/ and right/, or NAMEL.jpg and NAMER.jpg)"
    default_frames = (STEREO,)
    photometric_objective = "stereo"
    default_division = DivisionSettings(0.0, 0.0, 1.0)

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Left views of one split."""
        root, division = self.root(), self.division()
        found = stereo_frames(
            root, split, frames, self.options, division, strict=self.common.strict, remarks=self.remarks
        )
        return FrameDataset(found, size)

    def missing_truth(self, *, train: bool = False) -> str:
        """What is missing where no pair has disparity or depth."""
        if not self.options.ground_truth:
            return "data.stereo.ground_truth=false omits true depth; set it to true"
        root = self.root()
        sequences = self._sequences()
        if any(pair.disparity or pair.depth for sequence in sequences.values() for pair in sequence.pairs):
            return ""
        wanted = TRUTH_FILES[next(iter(sequences.values())).layout]
        return f"no pair in data.root='{root}' has {wanted}; add it"

    def unused(self) -> Iterable[Note]:
        """Scenes of another layout than the one that is read, single files, pairs without truth among others."""
        sequences = self._sequences()
        layout = next(iter(sequences.values())).layout
        pairs = [pair for sequence in sequences.values() for pair in sequence.pairs]
        used = [path for pair in pairs for path in (pair.left, pair.right, pair.disparity, pair.depth) if path]
        reads = f"data.stereo.layout={layout} reads {LAYOUTS[layout][1]}"
        without = [str(pair.left) for pair in pairs if not (pair.disparity or pair.depth)]
        some = self.options.ground_truth and len(without) < len(pairs)
        return [
            *self.unused_files(used, reads, COMPANIONS.get(layout, ())),
            *notes(f"pairs without true depth, unlike others ({TRUTH_FILES[layout]})", without if some else ()),
        ]

    def without_truth(self) -> Self:
        """Without reading disparity or depth."""
        return self._with(replace(self.options, ground_truth=False))

    def _sequences(self) -> dict[str, StereoSequence]:
        return find_sequences(self.root(), self.options.layout, strict=self.common.strict)

"""People's own images."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Self, cast

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note, notes
from gradunc.data.sets.folder.files import files_of_sequences, find_sequences, has_truth
from gradunc.data.sets.folder.frames import folder_frames
from gradunc.data.sets.folder.sequences import POSES
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.types import FrameIds, Size, Split, TruthKind


class Folder(RecordedDataSet[FolderSettings]):
    """Folders of images, with truth, camera and motion where there are some."""

    holds = "a folder with images/ in it or in folders below, and depth/ and intrinsics.json where there are some"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        root, division = self.root(), self.division()
        if split == "train" and not frames and self.options.ground_truth and (reason := self._no_files()):
            raise self.needs_truth(reason)
        found = folder_frames(
            root,
            split,
            frames,
            self.options,
            division,
            strict=self.common.strict,
            remarks=self.remarks,
            camera_needed=self.camera_needed,
        )
        return FrameDataset(found, size)

    def missing_truth(self, *, train: bool = False) -> str:
        """What is missing where no sequence has depth/, or where not depth is known of the images."""
        if reason := self._no_files():
            return reason
        relative = f"data.folder.truth={self.options.truth} is no depth; set it to depth, where there is depth/"
        return "" if self.options.truth == "depth" else relative

    def kinds_of_truth(self, *, train: bool = False) -> Mapping[TruthKind, str]:
        """That of data.folder.truth."""
        kind = self.options.truth
        return {} if self._no_files() else {cast(TruthKind, kind): f"data.folder.truth={kind}"}

    def _no_files(self) -> str:
        if not self.options.ground_truth:
            return "data.folder.ground_truth=false omits true depth; set it to true"
        root, kind = self.root(), self.options.truth
        return "" if has_truth(root, kind) else f"data.root='{root}' has no folder {kind}/ beside images/; add one"

    def unused(self) -> Iterable[Note]:
        """Scenes of another layout, files beside those of images/ and depth/, sequences without motion among others."""
        root = self.root()
        folders = find_sequences(root)
        unknown = [name for name, folder in folders.items() if not (folder / POSES).is_file()]
        return [
            *self.unused_files(
                files_of_sequences(root, self.options.truth),
                f"data=folder reads images/ and {self.options.truth}/ with equal names",
            ),
            *notes(
                f"sequences without {POSES}, unlike others: their motion is unknown",
                unknown if len(unknown) < len(folders) else (),
            ),
        ]

    def without_truth(self) -> Self:
        """Without looking for it."""
        return self._with(replace(self.options, ground_truth=False))

"""People's own images."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note, notes
from gradunc.data.sets.folder.files import files_of_sequences, find_sequences, has_depth
from gradunc.data.sets.folder.frames import folder_frames
from gradunc.data.sets.folder.sequences import POSES
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.types import FrameIds, Size, Split


class Folder(RecordedDataSet[FolderSettings]):
    """Folders of images, with depth, camera and motion where there are some."""

    holds = "a folder with images/ in it or in folders below, and depth/ and intrinsics.json where there are some"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        root, division = self.root(), self.division()
        if split == "train" and not frames and self.options.ground_truth and (reason := self.missing_truth()):
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
        """What is missing where no sequence has depth/."""
        if not self.options.ground_truth:
            return "data.folder.ground_truth=false omits true depth; set it to true"
        root = self.root()
        return "" if has_depth(root) else f"data.root='{root}' has no folder depth/ beside images/; add one"

    def unused(self) -> Iterable[Note]:
        """Scenes of another layout, files beside those of images/ and depth/, sequences without motion among others."""
        root = self.root()
        folders = find_sequences(root)
        unknown = [name for name, folder in folders.items() if not (folder / POSES).is_file()]
        return [
            *self.unused_files(files_of_sequences(root), "data=folder reads images/ and depth/ with equal names"),
            *notes(
                f"sequences without {POSES}, unlike others: their motion is unknown",
                unknown if len(unknown) < len(folders) else (),
            ),
        ]

    def without_truth(self) -> Self:
        """Without looking for depth/."""
        return self._with(replace(self.options, ground_truth=False))

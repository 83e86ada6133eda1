"""The path of a camera as a pose network sees it, beside the recorded one, and how far they are apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import to_float
from gradunc.data.recorded.frames import Frame, FrameDataset
from gradunc.errors import InputError
from gradunc.metrics.choices import PathAlignment
from gradunc.metrics.trajectory import (
    absolute_error,
    align,
    path_of,
    segment_errors,
    snippet_errors,
    step_errors,
)
from gradunc.models.pose.network import PoseNetwork
from gradunc.ops.geometry import pose_matrix

Progress = Callable[[Iterable[dict[str, Tensor]], int], Iterable[dict[str, Tensor]]]


@dataclass(frozen=True)
class Clip:
    """A run of consecutive frames."""

    name: str
    positions: range
    """In the data set."""


@dataclass(frozen=True)
class ClipErrors:
    """A clip that was compared."""

    name: str
    frames: int
    length: float
    """Of the true path [m]."""
    errors: dict[str, float]
    path: Tensor
    """(frames,4,4) predicted and aligned, camera -> first camera [m]."""


def find_clips(frames: Sequence[Frame]) -> list[Clip]:
    """The runs in which the source of each frame is the next frame.

    Raises:
        InputError: no run of at least three frames, or a frame whose motion is not known.
    """
    starts = [0]
    for position in range(1, len(frames)):
        before, frame = frames[position - 1], frames[position]
        if before.sequence != frame.sequence or before.sources[0].name != frame.image.name:
            starts.append(position)
    runs = [range(*edges) for edges in zip(starts, [*starts[1:], len(frames)], strict=True)]
    if max(map(len, runs)) < 2:
        raise InputError("the test split is no video: its frames do not follow one another; give them in time")
    for frame in frames:
        if frame.source_pose is None or not torch.from_numpy(frame.source_pose).isfinite().all():
            raise InputError(
                f"the motion at '{frame.image.name}' is unknown: KITTI odometry has poses/NN.txt of the sequences 00 "
                "to 10, KITTI raw needs data.kitti.poses=oxts, an RGB-D recording a pose of every image"
            )
    names = [frames[run[0]].sequence for run in runs]
    return [
        Clip(name if names.count(name) == 1 else f"{name} ({names[:number].count(name) + 1})", run)
        for number, (name, run) in enumerate(zip(names, runs, strict=True))
    ]


@torch.no_grad()
def predict_motions(
    network: PoseNetwork,
    data: FrameDataset,
    *,
    batch_size: int,
    workers: int,
    device: torch.device,
    progress: Progress,
) -> tuple[Tensor, Tensor]:
    """True and predicted motion (n,4,4) from every frame to its source, the next frame."""
    loader = DataLoader(data, batch_size, num_workers=workers, collate_fn=collate)
    true, predicted = [], []
    for batch in progress(loader, len(loader)):  # pyright: ignore[reportArgumentType]
        sample = to_float(batch)  # pyright: ignore[reportArgumentType]
        axis_angle, shift = network(sample["image"].to(device), sample["sources"][:, 0].to(device))  # pyright: ignore[reportTypedDictNotRequiredAccess]
        predicted.append(pose_matrix(axis_angle.float(), shift.float()).cpu())
        true.append(sample["source_pose"][:, 0])  # pyright: ignore[reportTypedDictNotRequiredAccess]
    return torch.cat(true), torch.cat(predicted)


def compare(clip: Clip, truth: Tensor, predicted: Tensor, alignment: PathAlignment, snippet: int) -> ClipErrors:
    """Errors of one clip.

    Args:
        clip: which frames.
        truth: (n,4,4) motions of the whole data set.
        predicted: (n,4,4) the same.
        alignment: what is taken out of the whole predicted path.
        snippet: frames of a snippet.
    """
    motions = truth[clip.positions.start : clip.positions.stop], predicted[clip.positions.start : clip.positions.stop]
    snippets = snippet_errors(*motions, length=snippet)
    path, found = path_of(motions[0]), path_of(motions[1])
    aligned = align(path, found, alignment)
    steps, turns = step_errors(path, aligned)
    segments = segment_errors(path, aligned)
    errors = {
        "ate_snippet": float(snippets.mean()),
        "ate_snippet_std": float(snippets.std(correction=0)),
        "ate": float(absolute_error(path, aligned)),
        "rpe_m": float(steps.mean()),
        "rpe_deg": float(turns.mean()),
        "drift_percent": float(segments.translation),
        "drift_deg_per_100m": float(segments.rotation),
    }
    length = float(path[:, :3, 3].diff(dim=0).norm(dim=1).sum())
    return ClipErrors(clip.name, len(path), length, errors, aligned)

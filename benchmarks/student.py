"""The first table of docs/scoring.md, Student: RT-MonoDepth-S, fitted on some scenes and judged on others.

    GRADUNC_DATA=DATA python benchmarks/student.py

DATA holds frames, kitti_raw and rt_monodepth_s, as the tests of real data have them. Every cell: the change of AUSE of
abs_rel / rmse against `gradient` in per cent, and its 95% interval over scenes where there are at least five.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

import torch
from mirror_cases import DATA, Frame, depth_file, drive, rt
from torch import Tensor, nn

from gradunc import GradientUncertainty
from gradunc.data.image_files import read_image, resize_image
from gradunc.metrics import EvaluationProtocol, PixelErrors, Resampling, resize_estimate
from gradunc.types import OutputSpace, UncertaintyEstimator
from gradunc.uncertainty import Student

SIZE, PROTOCOL, ERRORS = (192, 640), EvaluationProtocol(crop="garg"), ("abs_rel", "rmse")


class Judged(NamedTuple):
    """What a student said of some scenes."""

    images: int
    scenes: list[str]
    areas: Tensor
    """(n,2,2) AUSE of each image: student and gradient, abs_rel and rmse."""
    outside: str

    def cell(self) -> str:
        """For the table."""
        changes = " / ".join(_change(self.areas[..., error], self.scenes) for error in range(len(ERRORS)))
        return f"{self.images} images, {len(set(self.scenes))} scenes | {changes} | {self.outside}"


def frames() -> dict[str, list[Frame]]:
    """All frames with truth, by source."""
    found: dict[str, list[Frame]] = {}
    for row in json.loads((DATA / "frames" / "frames.json").read_text()):
        folder = DATA / "frames" / row["folder"]
        image, truth = (next((folder / kind).glob(f"{row['name']}.*")) for kind in ("images", "depth"))
        found.setdefault(row["source"], []).append(Frame(read_image(image), depth_file(truth, 256), row["scene"]))
    return found


def learned(network: nn.Module, images: Sequence[Frame]) -> Student:
    """A student of these images."""
    student = Student(network)
    student.fit([{"image": resize_image(one.image, SIZE)[None], "scene": [one.scene]} for one in images])
    return student


def again(student: Student, network: nn.Module) -> Student:
    """The same, which has seen no image yet."""
    found = Student(network)
    found.restore(student.learned())
    return found


def areas(estimator: UncertaintyEstimator, network: nn.Module, frame: Frame) -> list[float]:
    """AUSE of abs_rel and rmse."""
    assert frame.truth is not None
    size = (frame.truth.shape[-2], frame.truth.shape[-1])
    estimate = estimator.estimate(resize_image(frame.image, SIZE)[None])
    depth, score, _ = resize_estimate(network, estimate, size)  # pyright: ignore[reportArgumentType]
    found = PROTOCOL.select(frame.truth, depth[0], None, OutputSpace())
    ranked = PixelErrors(found.truth, found.prediction).rank(score[0, 0][found.keep])
    return [float(ranked[error].ause) for error in ERRORS]


def judged(student: Student, network: nn.Module, images: Sequence[Frame], base: dict[int, list[float]]) -> Judged:
    """Of these images; `base` keeps what `gradient` gives."""
    gradient = GradientUncertainty.recommended(network)
    rows = []
    for one in images:
        base.setdefault(id(one), [])
        base[id(one)] = base[id(one)] or areas(gradient, network, one)
        rows.append([areas(student, network, one), base[id(one)]])
    outside = next((note for note in student.notes if "outside" in note), "within")
    return Judged(len(images), [one.scene for one in images], torch.tensor(rows, dtype=torch.float64), outside)


def _change(values: Tensor, scenes: Sequence[str]) -> str:
    """Of the mean over images (n,2), and the interval of that ratio."""
    change = 100 * float(values[:, 0].mean() / values[:, 1].mean() - 1)
    resampling = Resampling(scenes)
    if not resampling.enough:
        return f"{change:+.1f}"
    low, high = resampling.of_ratio(values[:, 0], values[:, 1])
    return f"{change:+.1f} [{100 * low - 100:+.1f}, {100 * high - 100:+.1f}]"


def main() -> None:
    """Print the table, a line as soon as it is known."""
    torch.set_num_threads(1)
    network, sources, base = rt(), frames(), dict[int, list[float]]()
    objects = sources.pop("kitti_object")
    print("| fitted on | judged on | images | AUSE against `gradient`, abs_rel / rmse, in % | range |")
    print("|---|---|---|---|---|", flush=True)
    parts = []
    for here, there in ((objects[::2], objects[1::2]), (objects[1::2], objects[::2])):
        parts.append(judged(learned(network, here), network, there, base))
    scenes = [scene for one in parts for scene in one.scenes]
    outside = ", ".join(dict.fromkeys(one.outside for one in parts))
    both = Judged(len(objects), scenes, torch.cat([one.areas for one in parts]), outside)
    print(f"| half of KITTI object | the other half | {both.cell()} |", flush=True)
    student = learned(network, objects)
    for name, images in sources.items():
        print(
            f"| KITTI object | {name} | {judged(again(student, network), network, images, base).cell()} |", flush=True
        )
    alone = learned(network, list(drive()))
    for name, images in {"kitti_object": objects, **sources}.items():
        print(f"| drive 0002 | {name} | {judged(again(alone, network), network, images, base).cell()} |", flush=True)


if __name__ == "__main__":
    main()

"""The evaluation protocol of a configuration, and whether the data are what its name promises."""

from collections.abc import Sequence
from typing import Any, cast

from gradunc.assembly.data import data_set
from gradunc.config.sections import EvaluationSettings
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, unknown
from gradunc.metrics import PROTOCOLS, EvaluationProtocol
from gradunc.metrics.protocol import crop_mask
from gradunc.types import Mirrored, OutputSpace, Split

ALIGNMENT_OF = {"metric": "none", "scale": "median", "affine": "least_squares"}

DATA_OF = {
    "eigen": "kitti",
    "eigen_benchmark": "kitti",
    "published_png": "kitti",
    "nyu": "nyu",
    "nyu_eigen_crop": "nyu",
}
"""Protocol -> the data set it is about."""

TRUTH_OF = {"eigen": "velodyne", "eigen_benchmark": "improved"}
"""Protocol -> the kind of true depth it is about, where its data set has several."""


def build_protocol(
    settings: EvaluationSettings, space: OutputSpace, data: DataSettings | None = None
) -> EvaluationProtocol:
    """The protocol; alignment "auto" takes what the output space leaves open.

    Args:
        settings: the evaluation section.
        space: what the network's numbers mean.
        data: tells what the truth is, for the head of tables.

    Raises:
        InputError: an unknown name, a key that contradicts the protocol, or 5.4 times what is in metres already.
    """
    if settings.protocol not in PROTOCOLS:
        raise unknown("evaluation.protocol", settings.protocol, PROTOCOLS)
    alignment = ALIGNMENT_OF[space.ambiguity] if settings.alignment == "auto" else settings.alignment
    if alignment == "stereo" and space.ambiguity == "metric":
        raise InputError(
            "evaluation.alignment=stereo multiplies depth by 5.4, for published stereo weights; the depth of this "
            "network is in metres: set evaluation.alignment=none"
        )
    names = ("min_depth", "max_depth", "crop", "limit_truth")
    given = {name: value for name in names if (value := getattr(settings, name)) is not None}
    fixed = _fixed(settings)
    for name, value in given.items():
        if name in fixed and fixed[name] != value:
            raise InputError(
                f"evaluation.{name}={_text(value)} contradicts evaluation.protocol={settings.protocol}, which has "
                f"{_text(fixed[name])}; omit it, or set evaluation.protocol=custom"
            )
    truth = "" if data is None or data.name is None else data_set(data).truth_label
    mirrored = cast(Mirrored, settings.mirrored)
    return EvaluationProtocol(alignment, name=settings.protocol, truth=truth, mirrored=mirrored, **{**given, **fixed})


def check_crop(settings: EvaluationSettings, data: DepthData, splits: Sequence[Split]) -> None:
    """Raise `InputError` if a crop in pixels is about truth of another size than the first readable one of a split."""
    crop = _fixed(settings).get("crop", settings.crop) if settings.protocol in PROTOCOLS else None
    if crop == "nyu_eigen":
        for split in splits:
            sample = next((sample for sample in data.samples(split) if "depth" in sample), None)
            if sample is not None:
                crop_mask(crop, *sample["depth"].shape[-2:])


def check_protocol(settings: EvaluationSettings, data: DataSettings) -> None:
    """Raise `InputError` for a protocol whose name promises another data set or another truth than there is."""
    name = settings.protocol
    if name == "custom" or name not in PROTOCOLS:
        return
    wanted = DATA_OF[name]
    if data.name != wanted:
        raise InputError(
            f"evaluation.protocol={name} is about data={wanted}, not {data.name}; choose evaluation.protocol=custom"
        )
    kind = data_set(data).truth_kind
    truth = TRUTH_OF.get(name, kind)
    if kind != truth:
        raise InputError(
            f"evaluation.protocol={name} is about data.{wanted}.truth={truth}, not {kind}; set it, or choose "
            "evaluation.protocol=custom"
        )


def _fixed(settings: EvaluationSettings) -> dict[str, Any]:
    """What the protocol fixes. The published programs for PNG files have two masks: all truth, or the Garg crop."""
    if settings.protocol == "published_png" and settings.crop == "garg":
        return {**PROTOCOLS["published_png"], "crop": "garg", "limit_truth": True}
    return PROTOCOLS[settings.protocol]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)

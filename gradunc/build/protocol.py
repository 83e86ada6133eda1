"""The evaluation protocol of a configuration, and whether the data are what its name promises."""

from typing import Any

from gradunc.config.schema import DataSettings, EvaluationSettings
from gradunc.errors import InputError, unknown
from gradunc.metrics import PROTOCOLS, EvaluationProtocol
from gradunc.types import OutputSpace

ALIGNMENT_OF = {"metric": "none", "scale": "median", "affine": "least_squares"}

TRUTH_OF = {"eigen": "velodyne", "eigen_benchmark": "improved"}
"""Protocol of KITTI -> the true depth it is about."""


def build_protocol(settings: EvaluationSettings, space: OutputSpace) -> EvaluationProtocol:
    """The protocol; alignment "auto" takes what the output space leaves open.

    Raises:
        InputError: an unknown name, or a key that contradicts the protocol.
    """
    if settings.protocol not in PROTOCOLS:
        raise unknown("evaluation.protocol", settings.protocol, PROTOCOLS)
    alignment = ALIGNMENT_OF[space.ambiguity] if settings.alignment == "auto" else settings.alignment
    names = ("min_depth", "max_depth", "crop", "limit_truth")
    given = {name: value for name in names if (value := getattr(settings, name)) is not None}
    fixed = _fixed(settings)
    for name, value in given.items():
        if fixed.get(name, value) != value:
            raise InputError(
                f"evaluation.{name}={_text(value)} contradicts evaluation.protocol={settings.protocol}, which has "
                f"{_text(fixed[name])}; leave it away, or set evaluation.protocol=custom"
            )
    return EvaluationProtocol(alignment, name=settings.protocol, **{**given, **fixed})


def check_protocol(settings: EvaluationSettings, data: DataSettings) -> None:
    """Raise `InputError` for a protocol whose name promises another data set or another truth than there is."""
    name = settings.protocol
    if name == "custom" or name not in PROTOCOLS:
        return
    wanted = "nyu" if name.startswith("nyu") else "kitti"
    if data.name != wanted:
        raise InputError(f"evaluation.protocol={name} is about data={wanted}, not {data.name}; choose custom")
    truth = TRUTH_OF.get(name, data.kitti.truth)
    if data.kitti.truth != truth:
        raise InputError(
            f"evaluation.protocol={name} is about data.kitti.truth={truth}, not {data.kitti.truth}; set it, or choose "
            "evaluation.protocol=custom"
        )


def _fixed(settings: EvaluationSettings) -> dict[str, Any]:
    """What the protocol fixes. The published programs for PNG files have two masks: all truth, or the Garg crop."""
    if settings.protocol == "published_png" and settings.crop == "garg":
        return {**PROTOCOLS["published_png"], "crop": "garg", "limit_truth": True}
    return PROTOCOLS[settings.protocol]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)

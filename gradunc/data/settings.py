"""The section `data` of a configuration: what all data sets share, and one section for each of them. Needs no torch."""

from collections import ChainMap
from dataclasses import dataclass, field, make_dataclass
from typing import TYPE_CHECKING, Any, cast

from gradunc.data.sets import MIXTURE, SETS, settings_of
from gradunc.options import COUNT, PART_OF_ALL, PATH, POSITIVE_COUNT, SEED, SHARE, WEIGHT, Rule, option

NAMES = ChainMap[str, Any](cast(dict[str, Any], SETS), {MIXTURE: None})
"""Every `data.name`, of data sets that are registered later too."""

ON_ERROR, ON_IMPLAUSIBLE = ("raise", "skip"), ("stop", "warn")


@dataclass
class AugmentationSettings:
    """Random changes of training batches; probabilities and half-widths as in Monodepth2."""

    enabled: bool = option(True, "augment training batches")
    flip: float = option(0.5, "probability of mirroring a sample", rule=SHARE)
    jitter: float = option(
        0.5, "probability of colour jitter (networks see it, the photometric loss does not)", rule=SHARE
    )
    brightness: float = option(0.2, "half-width of the brightness factor", rule=WEIGHT)
    contrast: float = option(0.2, "half-width of the contrast factor", rule=WEIGHT)
    saturation: float = option(0.2, "half-width of the saturation factor", rule=WEIGHT)
    hue: float = option(
        0.1,
        "half-width of the hue shift, in turns",
        rule=Rule(lambda value: 0 <= value <= 0.5, "must be between 0 and 0.5 turns"),
    )
    rotate: float = option(
        0.0,
        "largest angle by which the camera is turned around its axis, in degrees; depth and intrinsics stay exact",
        rule=Rule(lambda value: 0 <= value <= 45, "must be between 0 and 45 degrees"),
    )
    crop: list[int] | None = option(
        None,
        "(height, width) of a random window in pixels of model.size, on which is trained; null = all of it",
        rule=Rule(lambda value: value is None or (len(value) == 2 and min(value) > 0), "must be [height, width]"),
    )
    blur: float = option(0.0, "probability of a Gaussian blur of 0.1 to 2 pixels, after the jitter", rule=SHARE)
    cutmix: float = option(
        0.0,
        "probability that a region of another image is pasted into one whose truth a teacher has said, of which a loss "
        "of disparity aligns each region by itself (Depth Anything: 0.5)",
        rule=SHARE,
    )


@dataclass
class DivisionSettings:
    """Sequences of recordings without official splits, shared out; a single one is cut in time."""

    train: int | float | list[str] = option(
        0.8, "share of the sequences, or a list of their names (then all three are lists)"
    )
    val: int | float | list[str] = option(0.1, "the same to validate on")
    test: int | float | list[str] = option(
        0.1, "the same to test on; test=1 with train=0 and val=0 tests on everything"
    )
    seed: int = option(0, "of the order in which sequences are dealt out", rule=SEED)
    gap: int = option(
        0, "frames omitted in front of each place where a single sequence is cut: near duplicates", rule=COUNT
    )


def mixture_entry(data: type) -> type:
    """The keys of a part of `data.mixture`: those of a section `data`, a weight, and whether it is evaluated."""
    return make_dataclass("MixtureEntry", [("weight", float, 1.0), ("evaluate", bool, True)], bases=(data,))


@dataclass
class CommonSettings:
    """What to learn from and test on, whatever the data set."""

    name: str | None = option(None, f"data set: {', '.join(SETS)} or {MIXTURE}", choices=NAMES)
    root: str | None = option(None, "folder of the data set (all but synthetic), or a video", rule=PATH)
    split_dir: str | None = option(
        None, "folder of KITTI's published lists; null = CACHE/kitti_splits (tools.prepare)", rule=PATH
    )
    cache: str = option(".cache/gradunc", "folder of rendered samples (synthetic) and resized images", rule=PATH)
    frame_cache: bool = option(
        False, "keep resized images of recorded data in CACHE/frames: decoded once, not every epoch"
    )
    on_error: str = option(
        "raise", "a sample that cannot be read: raise, or skip it and report at the end", choices=ON_ERROR
    )
    on_implausible: str = option(
        "stop", "impossible data that train.py or tools.check finds: stop, or warn and go on", choices=ON_IMPLAUSIBLE
    )
    train_fraction: float = option(
        1.0, "share of the training samples that is trained on, drawn without replacement", rule=PART_OF_ALL
    )
    subset_seed: int = option(0, "of the draw of train_fraction", rule=SEED)
    batch_size: int = option(12, "training samples per step and process", rule=POSITIVE_COUNT)
    eval_batch_size: int = option(1, "samples per validation and test step", rule=POSITIVE_COUNT)
    workers: int = option(0, "loading processes", rule=COUNT)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    division: DivisionSettings = field(default_factory=DivisionSettings)
    mixture: dict[str, Any] = option(
        {},
        "label -> {weight: 1, evaluate: true, name: DATA SET (or the label), and any key of data}; see mixture.yaml",
        entry=mixture_entry,
    )

    @property
    def strict(self) -> bool:
        """A file that cannot be read is an error, and not left to `data.on_error=skip`."""
        return self.on_error == "raise"


def data_settings() -> type[CommonSettings]:
    """The section `data` with a section for every data set that the registry holds now.

    A data set that is registered later, as in a test, is known to the class that the next call makes: a configuration
    class takes it by `data: data_settings() = field(default_factory=data_settings())`.
    """
    sections = [(name, settings_of(name), field(default_factory=settings_of(name))) for name in SETS]
    namespace = {"__module__": __name__, "__doc__": "What to learn from and test on."}
    return make_dataclass("DataSettings", sections, bases=(CommonSettings,), namespace=namespace)


if TYPE_CHECKING:
    DataSettings = CommonSettings
else:
    DataSettings = data_settings()

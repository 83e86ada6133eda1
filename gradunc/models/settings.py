"""The settings that every family of depth networks has: the section `model`, and what checkpoints carry of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from reprlib import repr as short
from typing import Any, ClassVar, NamedTuple, Self

from gradunc.errors import InputError, unknown
from gradunc.options import PART, PATH, option
from gradunc.own_uncertainty import FORMER, OwnUncertainty, own_uncertainty
from gradunc.own_uncertainty import HEADS as HEADS_OF_UNCERTAINTY
from gradunc.types import QUANTITIES

RANGE = ("min_depth", "max_depth")
"""The settings of `ModelSettings.depth_range`."""


DEPTH, POSITIVE, BINS = "output_depth", "positive_depth", "bins"
"""What a loss may need of a head: that depth follows from what it says, that it is above 0, that it comes of bins."""


class HeadFacts(NamedTuple):
    """What the settings and the checks of a training have to know of a head; `parts/heads.py` computes it."""

    text: str
    range: tuple[str, ...] = ()
    """The limits that it has, of `min_depth` and `max_depth`."""
    gives: frozenset[str] = frozenset({DEPTH, POSITIVE})
    """What losses may need of it; words of `NEEDED`."""


HEADS = {
    "disparity": HeadFacts("sigmoid disparity, self-supervised", RANGE),
    "depth": HeadFacts("linear, metres", gives=frozenset({DEPTH})),
    "sigmoid_depth": HeadFacts("sigmoid times max_depth, metres", ("max_depth",)),
    "inverse": HeadFacts("1 / (ReLU + 1 / max_depth), metres", ("max_depth",)),
    "bins": HeadFacts(
        "expectation over bins of depth, metres; of adabins and pixelformer", RANGE, frozenset({DEPTH, POSITIVE, BINS})
    ),
    "relative": HeadFacts(
        "disparity up to a factor and a shift, not below 0; of objective=midas and published networks",
        gives=frozenset({POSITIVE}),
    ),
}
"""`model.head` -> what is known of it."""
NEEDED = {
    DEPTH: "depth, which does not follow from a disparity up to a factor and a shift; set model.head=sigmoid_depth or "
    "disparity, or objective=midas",
    POSITIVE: "positive depth; set model.head=disparity",
    BINS: "bins of depth; set model=adabins or model=pixelformer",
}
"""What a loss may need of a head -> what to do where it lacks it."""
HEADS_OF_FILES = ("disparity", "depth")
"""The heads among which published folders and folders of Hugging Face leave a choice."""
RESIZES = ("stretch", "keep_aspect", "inside")
AMBIGUITIES = ("metric", "scale", "affine")

DEFAULT_RANGE = (0.1, 100.0)
"""(min, max) depth of networks whose settings state none [m]; that of Monodepth2 (Godard et al. 2019)."""

LARGEST_SIDE = 16384
"""Pixels of a side beyond which a size is a mistake: such images take some hundred GB."""


@dataclass
class ModelSettings:
    """A depth network; `architecture` decides which further settings it has.

    A family has a subclass of its own (`gradunc/models/families/NAME/settings.py`).
    """

    STRUCTURE: ClassVar[tuple[str, ...]] = ("architecture", "head", "uncertainty_head")
    """What decides which weights a network has; a family adds its own."""
    ALLOWED_HEADS: ClassVar[tuple[str, ...]] = tuple(name for name in HEADS if name != "bins")
    """The heads that a network of the family may have; bins need a decoder of their own."""

    architecture: str = option("monodepth2", "network family, a name of the registry FAMILIES")
    size: list[int] = option([192, 640], "training (height, width) in pixels; images are resized to it")
    head: str = option(
        "disparity", "; ".join(f"{name}: {facts.text}" for name, facts in HEADS.items()), choices=tuple(HEADS)
    )
    min_depth: float | None = option(
        None, "depth at sigmoid 1, disparity head only; null = supervised: of the training data, else 0.1"
    )
    max_depth: float | None = option(
        None, "depth at sigmoid 0, disparity head only; null = supervised: of the training data, else 100"
    )
    initial_depth: float | None = option(
        None,
        "depth an untrained network starts from; null = supervised: median of the training data, else unset",
    )
    uncertainty_head: str | None = option(
        None,
        "what it also predicts: none, laplace, gaussian, evidential, photometric, reprojection, log_scale (of "
        "published files, which do not say of what; docs/methods.md C); null = what objective.losses train",
        choices=HEADS_OF_UNCERTAINTY,
    )
    uncertainty_quantity: str = option(
        "depth", "whose spread that is: depth, disparity or log_depth", choices=QUANTITIES
    )
    ambiguity: str = option(
        "scale", "what the output leaves open: metric, scale or affine; stereo training sets it", choices=AMBIGUITIES
    )
    mean: list[float] | None = option(None, "input mean; null = that of the encoder")
    std: list[float] | None = option(None, "input standard deviation; null = that of the encoder")
    resize: str = option(
        "stretch",
        "how infer.py predict brings images to size: stretch, or keep_aspect, which scales both sides alike and rounds "
        "them to what the network takes; published files of Depth Anything and DPT keep it; inside: as keep_aspect, "
        "with no side beyond size (MiDaS 2.1)",
        choices=RESIZES,
    )
    licence: str | None = option(None, "licence of the weights that it starts from; exports keep it")
    weights: str | None = option(
        None,
        "trained network to start from, of the same structure: .ckpt, run, export or published folder; replaces "
        "pretrained and initial_depth",
        rule=PATH,
    )

    def __post_init__(self) -> None:
        """Versions with one kind of head had true or false."""
        given: Any = self.uncertainty_head
        if isinstance(given, bool | str):
            self.uncertainty_head = FORMER.get(str(given).lower(), str(given))

    @property
    def own_uncertainty(self) -> OwnUncertainty | None:
        """What the network says of its own uncertainty."""
        return own_uncertainty(self.uncertainty_head, self.uncertainty_quantity)

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from; a family checks its own, too."""
        if len(self.size) != 2 or not all(1 <= side <= LARGEST_SIDE for side in self.size):
            raise InputError(
                f"model.size={short(self.size)} must be [height, width] in pixels, at most {LARGEST_SIDE}, for example "
                "[192, 640]"
            )
        if self.head not in HEADS:
            raise unknown("model.head", self.head, HEADS)
        if self.resize not in RESIZES:
            raise unknown("model.resize", self.resize, RESIZES)
        if self.head not in self.ALLOWED_HEADS:
            raise InputError(
                f"model.head={self.head} does not go with model.architecture={self.architecture}; set one of "
                f"{', '.join(self.ALLOWED_HEADS)}"
            )
        if self.ambiguity not in AMBIGUITIES:
            raise InputError(f"model.ambiguity='{self.ambiguity}' must be 'metric', 'scale' or 'affine'")
        _ = self.own_uncertainty
        low, high = self.depth_range
        if not 0 < low < high < inf:
            raise InputError(f"model.min_depth={low} and model.max_depth={high} must be 0 < min < max [m]")
        if self.initial_depth is not None and not low < self.initial_depth < high:
            raise InputError(f"model.initial_depth={self.initial_depth} must lie between {low} and {high} m")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is None:
                continue
            if len(values) != 3 or not all(map(isfinite, values)) or (name == "std" and min(values) <= 0):
                raise InputError(f"model.{name}={short(values)} must be three numbers, for red, green and blue")

    @property
    def head_facts(self) -> HeadFacts:
        """What is known of its head."""
        return HEADS[self.head]

    @property
    def depth_range(self) -> tuple[float, float]:
        """(min, max) depth [m]: as stated, or `DEFAULT_RANGE`."""
        low, high = DEFAULT_RANGE
        return low if self.min_depth is None else self.min_depth, high if self.max_depth is None else self.max_depth

    def with_range(self, low: float, high: float, initial: float | None = None) -> Self:
        """The same network with this range and start depth [m], each where the settings state none."""
        return replace(
            self,
            min_depth=low if self.min_depth is None else self.min_depth,
            max_depth=high if self.max_depth is None else self.max_depth,
            initial_depth=initial if self.initial_depth is None else self.initial_depth,
        )

    def title(self) -> str:
        """The key and value that a user would change to get another network, for messages."""
        return f"model.architecture={self.architecture}"

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return replace(self, weights=None, **changes)


def check_head(settings: ModelSettings, needs: Mapping[str, str]) -> None:
    """Raise `InputError` for a head that lacks what a loss needs.

    Args:
        settings: of the network.
        needs: what losses need -> the name of one that does, a key of `objective.losses`.
    """
    for need, remedy in NEEDED.items():
        if need in needs and need not in settings.head_facts.gives:
            raise InputError(f"objective.losses.{needs[need]} needs {remedy}")


@dataclass
class DropoutModelSettings(ModelSettings):
    """A network whose decoder may be trained with dropout. It has no weights: networks with and without it fit."""

    dropout: float = option(
        0.0,
        "share of channels dropped behind every block of the decoder while training, for method=mc_dropout; "
        "published: 0.2",
        rule=PART,
    )

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if not PART.holds(self.dropout):
            raise InputError(f"model.dropout={self.dropout} {PART.message(self.dropout)}")


@dataclass
class PretrainedModelSettings(ModelSettings):
    """A network whose encoder may begin with weights of its own, read or downloaded."""

    pretrained: str = option("false", "encoder weights: true (download ImageNet weights), false, or a file")

    def __post_init__(self) -> None:
        """In Python `pretrained=False` is what people write; a configuration has the text."""
        super().__post_init__()
        if isinstance(self.pretrained, bool):
            self.pretrained = str(self.pretrained).lower()

    def without_start(self, **changes: Any) -> Self:
        """The same network with no first weights to read or download, because others will replace them all."""
        return super().without_start(pretrained="false", **changes)

"""What the methods share that compare forward passes: one call, checks, and the plain prediction."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import unknown
from gradunc.types import QUANTITIES, OutputSpace, Quantity, Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, slice_inputs, usable
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.gradient.anchor import Anchor
from gradunc.uncertainty.gradient.references import Query
from gradunc.uncertainty.network import module_of, network_of
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.posthoc.relative import RelativeAnswers, needs_zero
from gradunc.uncertainty.posthoc.spaces import into, unit
from gradunc.uncertainty.session import evaluation


class Images(NamedTuple):
    """What a method is asked about."""

    image: Tensor
    """(B,3,H,W) float in [0,1]."""
    inputs: dict[str, Any]
    """Further arguments of the network."""
    depth: Tensor
    """(B,1,H,W) the plain prediction, without graph."""
    seeds: Callable[[], Sequence[int]]
    """Makes one seed per image."""
    features: Mapping[str, Tensor] = {}
    """Maps (B,C,h,w) of the pass that gave the depth, by the name of their layer, where `look` reads any."""
    zero: Anchor | None = None
    """What a relative network's answers are measured from, where an inverse or a logarithm is taken."""

    __repr__ = brief_repr

    def first_inputs(self) -> dict[str, Any]:
        """The arguments that belong to the first image."""
        return slice_inputs(self.inputs, len(self.image), 0, 1)

    def query(self, model: nn.Module, stream: int = 0) -> Query:
        """The network asked about these images, with random numbers of this stream."""
        return Query(model, self.image, self.inputs, Draws(self.seeds, stream))


class Answer(NamedTuple):
    """What a method says of a batch."""

    std: Tensor
    """(B,1,H,W) in the unit of the method's space."""
    known: Tensor
    """(B,1,H,W) bool."""
    depth: Tensor | None = None
    """(B,1,H,W) in the output space, where it is not the network's plain prediction."""
    layers: Mapping[str, Tensor] = {}
    """Name -> (B,1,h,w) the score of a layer at its own resolution."""
    aleatoric: Tensor | None = None
    """(B,1,H,W) the part that comes from the data, in the unit of `std`; None where it is not separated."""
    epistemic: Tensor | None = None
    """(B,1,H,W) the part that more training data would remove, in the same unit."""

    __repr__ = brief_repr


class PassEstimator(ABC):
    """A standard deviation over predictions of changed images or features; nothing is differentiated.

    Args:
        model: as for `GradientUncertainty`.
        space: quantity that is compared, of `QUANTITIES`.
        seed: of what is drawn.

    Raises:
        InputError: no network, one that hooks do not fire in if `needs_hooks`, or an unknown space.
    """

    needs_grad = False
    needs_hooks: ClassVar[bool] = False
    """Whether layers are looked into; what looks at answers only works on scripted and traced networks, too."""
    compares: ClassVar[bool] = True
    """Whether the score is how far answers differ: it says nothing where a limit of the network holds them all."""
    others: tuple[nn.Module, ...] = ()
    """Networks that are asked beside `model`, each in an `evaluation` of its own."""

    def __init__(self, model: nn.Module, space: str = "disparity", seed: int = 0) -> None:
        if space not in QUANTITIES:
            raise unknown("space", space, QUANTITIES)
        self.model, self.seed = (network_of if self.needs_hooks else module_of)(model), seed
        self.space: Quantity = cast("Quantity", space)
        self._relative = RelativeAnswers(self.model)

    @property
    def output_space(self) -> OutputSpace:
        """What the numbers of the network mean."""
        return getattr(self.model, "output_space", OutputSpace())

    @property
    def has_zero(self) -> bool:
        """Whether answers are measured from a zero of each image."""
        return self.compares and needs_zero(self.output_space, self.space)

    @property
    def scale(self) -> Scale:
        """A standard deviation in the unit of the space; a score where it depends on a zero of each image."""
        if self.has_zero:
            return Scale()
        return Scale("std", unit(self.output_space, self.space), self.space)

    def description(self) -> dict[str, Any]:
        """Plain values that say what is computed."""
        return {"class": type(self).__name__, "space": self.space, "seed": self.seed, **self.options()}

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """The further options, as plain values."""

    @abstractmethod
    def judge(self, images: Images) -> Answer:
        """The answer for a batch; called in eval mode and without gradient recording."""

    def estimate(
        self, image: Tensor, *, mask: Tensor | None = None, index: Tensor | None = None, **inputs: Any
    ) -> UncertaintyEstimate:
        """Depth and spread of a batch, all maps (B,1,H,W); arguments as for `GradientUncertainty.estimate`.

        Raises:
            InputError: wrong shapes, or an answer of the network that is no depth.
        """
        with evaluation(self.model, *self.others):
            check_input(image, mask, index=index, model=self.model)
            image, keywords = usable(image), slice_inputs(inputs, len(image), 0, len(image))
            depth, features = self.look(image, keywords)
            depth = depth.detach()
            zero = self._relative.zero(depth, mask) if self.has_zero else None
            seeds = partial(image_seeds, self.seed, image, index)
            answer = self.judge(Images(image, keywords, depth, seeds, features, zero))
        valid = answer.known & answer.std.isfinite()
        valid = valid & self._relative.keep(depth, zero) if self.compares else valid
        valid = valid if mask is None else valid & mask.to(valid.device)
        shown = depth if answer.depth is None else answer.depth
        # What its zero cuts off of an answer cannot be told back.
        shown = shown if zero is None else torch.where(zero.above(depth), shown, depth)
        std, aleatoric, epistemic = map(_finite, (answer.std, answer.aleatoric, answer.epistemic))
        assert std is not None, "every answer has one"
        return UncertaintyEstimate(shown.float(), std, valid, answer.layers, aleatoric=aleatoric, epistemic=epistemic)

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The plain prediction (B,1,H,W) in the output space, and maps of its pass if `judge` reads any."""
        return plain(self.model, image, inputs).depth, {}

    def compared(self, depth: Tensor, zero: Anchor | None = None) -> Tensor:
        """An output of the network (B,1,H,W) in the quantity that is compared, measured from `Images.zero`."""
        return into(depth, self.output_space, self.space, zero)


def _finite(values: Tensor | None) -> Tensor | None:
    """0 for what is not finite."""
    return None if values is None else torch.where(values.isfinite(), values, 0.0)

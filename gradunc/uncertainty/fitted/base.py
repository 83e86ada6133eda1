"""What the methods share that learn on a frozen network: examples with truth, checks, and what is kept."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.types import Sample, Split, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, usable
from gradunc.uncertainty.draws import image_seeds
from gradunc.uncertainty.fitted.features import with_features
from gradunc.uncertainty.fitted.targets import targets
from gradunc.uncertainty.learned import checksum
from gradunc.uncertainty.posthoc.base import Images, PassEstimator
from gradunc.uncertainty.session import evaluation

COUNTS = ("images", "pixels")
"""Names under which `learned` keeps from how much it was learned; `learn` may count the pixels otherwise."""


class Example(NamedTuple):
    """A batch that is learned from."""

    images: Images
    """As `judge` gets them: the plain prediction and the features."""
    truth: Tensor
    """(B,1,H,W) the truth in the network's own output space, 1 where unknown (`targets.targets`)."""
    keep: Tensor
    """(B,1,H,W) bool, True = truth and prediction are known; nowhere without truth in the data."""
    sample: Sample
    """The batch itself."""

    __repr__ = brief_repr


class FittedEstimator(PassEstimator):
    """An estimator that learns on a frozen network before its first estimate; see `interface.Fitted`.

    A subclass writes `learn`, `judge` and `options`, and `take` if it makes modules of what it has learned.

    Args:
        model: as for `GradientUncertainty`.
        space: quantity of the errors, of `QUANTITIES`.
        fit: split that it learns from, "train" or "val".
        fit_images: of the split at most, evenly spread; None = all.
        seed: of what is drawn while it learns.

    Raises:
        InputError: no network that hooks fire in, an unknown space or split.
    """

    needs_hooks = True
    compares = False
    learns_from_truth = True
    """Whether it needs true depth; without it no image is left out for want of a valid pixel."""

    def __init__(
        self,
        model: nn.Module,
        space: str = "disparity",
        *,
        fit: str = "val",
        fit_images: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(model, space, seed)
        if fit not in ("train", "val"):
            raise InputError(f"fit={fit} must be train or val")
        self.fit_split: Split = cast("Split", fit)
        self.fit_images = fit_images
        self._learned: dict[str, Tensor] = {}

    @abstractmethod
    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """What is found, by name: all that an estimate needs; called in eval mode and without gradient recording.

        Read the examples once. Draw random numbers in `draws.seeded(self.seed, device)` alone.
        """

    def take(self, learned: Mapping[str, Tensor]) -> None:
        """Make what estimates need of what was learned, on the device of the tensors."""

    @property
    def reads_outputs(self) -> tuple[str, ...]:
        """Names of the modules whose outputs `Images.features` holds; call `prepare` first."""
        return ()

    def prepare(self, image: Tensor, inputs: Mapping[str, Any]) -> None:
        """Find the layers, if an image (1,3,H,W) is needed for it; called before every pass that learns."""

    def check_network(self, image: Tensor) -> None:
        """See `interface.check_network`."""
        with evaluation(self.model):
            self.prepare(image, {})

    @property
    def is_fitted(self) -> bool:
        """Whether it has learned."""
        return bool(self._learned)

    @property
    def fitted_from(self) -> str:
        """From how much it has learned, for people."""
        images, pixels = (int(self._learned[name]) for name in COUNTS)
        with_truth = f", {pixels:,} pixels" if self.learns_from_truth else ""
        return f"{images} image{'s' * (images != 1)} of {self.fit_split}{with_truth}"

    def fit(self, batches: Iterable[Sample]) -> None:
        """Learn from batches on the network's device; the same batches give the same result.

        Raises:
            InputError: no batch, no true depth, or no valid pixel.
        """
        before = checksum(self.model)
        counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        with evaluation(self.model):
            found = {name: value.detach() for name, value in self.learn(self._examples(batches, counts)).items()}
        if checksum(self.model) != before:
            raise InputError(
                f"{type(self).__name__} has changed the weights of the network while it learned; load it anew"
            )
        self.restore({**{name: torch.tensor(count) for name, count in counts.items()}, **found})

    def learned(self) -> Mapping[str, Tensor]:
        """See `interface.Fitted`."""
        return self._learned

    def restore(self, learned: Mapping[str, Tensor]) -> None:
        """See `interface.Fitted`."""
        # What is made in inference mode can never enter autograd.
        with torch.inference_mode(False):
            self._learned = {name: value.detach().clone() for name, value in learned.items()}
            self.take(self._learned)

    def estimate(
        self, image: Tensor, *, mask: Tensor | None = None, index: Tensor | None = None, **inputs: Any
    ) -> UncertaintyEstimate:
        """See `PassEstimator.estimate`.

        Raises:
            InputError: nothing was learned, wrong shapes, or an answer of the network that is no depth.
        """
        if not self.is_fitted:
            raise InputError(
                f"{type(self).__name__} has not learned yet; call fit(batches), or run infer.py fit with "
                "checkpoint=PATH data=NAME"
            )
        return super().estimate(image, mask=mask, index=index, **inputs)

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `PassEstimator`."""
        if not self.reads_outputs:
            return super().look(image, inputs)
        prediction, features = with_features(self.model, image, inputs, self.reads_outputs)
        return prediction.depth, features

    def _examples(self, batches: Iterable[Sample], counts: dict[str, int]) -> Iterator[Example]:
        """Every batch as the frozen network sees it; a bad one is one line, and so is none."""
        for sample in batches:
            image = usable(sample["image"])
            check_input(image, None, model=self.model)
            if self.learns_from_truth and "depth" not in sample:
                raise InputError(f"the {self.fit_split} split has no true depth to learn from; give data that have it")
            self.prepare(image[:1], {})
            depth, features = self.look(image, {})
            depth = depth.detach()
            if "depth" in sample:
                truth, keep = targets(sample, depth, self.output_space)
            else:
                truth, keep = torch.ones_like(depth), torch.zeros_like(depth, dtype=torch.bool)
            counts["images"] += len(image)
            counts["pixels"] += int(keep.sum())
            seeds = partial(image_seeds, self.seed, image, sample.get("index"))
            yield Example(Images(image, {}, depth, seeds, features), truth, keep, sample)
        if not counts["images"]:
            raise InputError(f"the {self.fit_split} split gave no image to learn from")
        if self.learns_from_truth and not counts["pixels"]:
            raise InputError(
                f"no pixel of the {self.fit_split} split has true depth and a finite prediction, so nothing can be "
                "learned; give data with valid depth, or another network"
            )

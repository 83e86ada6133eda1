"""A linear head on frozen features that repeats gradient scores for the cost of one pass (docs/methods.md D.10).

Its teachers need neither truth nor a fit. What they say of images of a split is learned in closed form, and then said
of any image by one 1x1 convolution for each layer; nothing is differentiated any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.types import Sample, Scale
from gradunc.uncertainty.descriptions import described
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.fitted.student import cells
from gradunc.uncertainty.fitted.student.reach import Halves, Reach, distances
from gradunc.uncertainty.fitted.student.ridge import explained, ridge
from gradunc.uncertainty.fitted.student.settings import TEACHERS, StudentSettings
from gradunc.uncertainty.fitted.student.teacher import Teacher
from gradunc.uncertainty.gradient.layer_choice import LayerChoice
from gradunc.uncertainty.gradient.layers import COARSE, short
from gradunc.uncertainty.gradient.maps import LayerMap
from gradunc.uncertainty.gradient.references import ReferenceSpec
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import shared_passes
from gradunc.uncertainty.posthoc.base import Answer, Images

WEIGHT = "weight."
"""Before the name of a layer, under which `learned` keeps its (1,C) weights."""

LARGEST = 30.0
"""Of the magnitude of a logarithm: far outside of the fit, a linear map says anything."""


class Student(FittedEstimator):
    """Ridge regression of the mean logarithm of gradient scores on features of the pass that gives the depth.

    The score is the exponential; 1 is a score like the mean of an image. It says on images of which kind it was fitted,
    and warns once where the features of others lie outside of those.

    Args:
        model: as for `GradientUncertainty`.
        layers: as for `GradientUncertainty`; None = "coarse". Its teachers read the gradient at the same
            if they are named.
        references: of the teachers, as for `GradientUncertainty`; None = `TEACHERS`.
        ridge: see `ridge.ridge`.
        options: see `FittedEstimator`.

    Raises:
        InputError: as `FittedEstimator`, or options that do not fit the network.
    """

    learns_from_truth = False

    def __init__(
        self,
        model: nn.Module,
        layers: str | int | Sequence[str | int] | None = None,
        references: Sequence[ReferenceSpec] | None = None,
        *,
        ridge: float = 1e-2,
        **options: Any,
    ) -> None:
        super().__init__(model, "log_depth", **options)
        self.references = TEACHERS if references is None else tuple(references)
        self.ridge = ridge
        self._is_unasked = layers is None
        self.choice = LayerChoice(self.model, COARSE if layers is None else layers)
        self.layers: tuple[str, ...] = () if self.choice.awaits_image else self.choice.find()
        """Names of the layers; () before the first image if that is needed to find them."""
        self._teacher: Teacher | None = None
        self._reach = Reach()
        self.findings: tuple[str, ...] = ()
        """How the fit went."""

    @property
    def reads_outputs(self) -> tuple[str, ...]:
        """See `FittedEstimator`."""
        return self.layers

    @property
    def scale(self) -> Scale:
        """A score."""
        return Scale()

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layers were chosen, which teachers are missing, and how many images lay outside of the fit."""
        chosen = self.choice.notes(self.layers)
        if self._is_unasked and self.layers:
            chosen = (f"layers=null chose {short(self.layers)}",)
        return (*chosen, *(self._teacher.left_out if self._teacher else ()), *self._reach.notes)

    @property
    def fitted_from(self) -> str:
        """From how many images and, where the data name them, scenes it has learned, for people."""
        scenes = int(self.learned()["scenes"])
        return f"{super().fitted_from}{f', {scenes} scene' + 's' * (scenes != 1) if scenes else ''}"

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        references = described(list(self.references))
        return {"layers": list(self.layers or self.choice.given), "references": references, "ridge": self.ridge}

    def prepare(self, image: Tensor, inputs: Mapping[str, Any]) -> None:
        """See `FittedEstimator`."""
        if not self.layers:
            self.layers = self.choice.find(image, **inputs)

    def check_network(self, image: Tensor) -> None:
        """See `interface.check_network`."""
        super().check_network(image)
        self.teach(image, None)

    def check_exportable(self) -> None:
        """See `interface.Exportable`: nothing in it depends on the values of an image."""

    def teach(self, image: Tensor, index: Tensor | None) -> Tensor:
        """What is learned of images (b,3,H,W): logarithms (b,1,h,w) of scores of their cells, NaN where unknown."""
        if self._teacher is None:
            self._teacher = Teacher(self.model, None if self._is_unasked else self.layers, self.references)
        with shared_passes():
            return self._teacher(image, index, {})

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """See `FittedEstimator`."""
        halves, channels = Halves(self.seed), [0]
        for example in examples:
            channels = self._add(example, halves)
        moments = halves.all
        if not moments.count:
            raise InputError(f"no image of the {self.fit_split} split has finite features and a teacher that is not 0")
        weights, bias = ridge(moments, self.ridge)
        share = 100 * explained(moments, weights)
        alone = "; all of it is one scene: varied ones are needed for others" if halves.scenes == 1 else ""
        self.findings = (f"repeats {share:.0f}% of the variance of the log score of its teachers{alone}",)
        parts = zip(self.layers, weights[:-1].split(channels), strict=True)
        named = {f"{WEIGHT}{name}": part[None].float() for name, part in parts}
        head = {**named, "depth": weights[-1].float(), "bias": bias.float()}
        return {**head, "scenes": torch.tensor(halves.scenes), **halves.learned()}

    def take(self, learned: Mapping[str, Tensor]) -> None:
        """See `FittedEstimator`."""
        self._reach = Reach()
        # In the network's order, whatever that of a file is: sums of another order differ in their last digits.
        self.layers = tuple(name for name, _ in layer_root(self.model).named_modules() if f"{WEIGHT}{name}" in learned)

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`; the estimate's `layers` hold the distances from the fit at `cells.GRID` places."""
        learned, size = self.learned(), _size(images.image)
        maps, depth = self._inputs(images)
        total = learned["bias"] + learned["depth"] * depth
        for name, layer in zip(self.layers, maps, strict=True):
            # The convolution first: resizing is linear, and one channel is cheaper than all.
            values = F.conv2d(layer.values, learned[f"{WEIGHT}{name}"][..., None, None])
            total = total + cells.at_cells(layer._replace(values=values), size)
        known = total.isfinite()
        score = cells.to_pixels(torch.where(known, total, 0.0).clamp(-LARGEST, LARGEST), size).exp()
        places = cells.thinned(maps, depth)
        found = distances(cells.rows_of(places), learned).view(len(depth), 1, *cells.GRID)
        self._reach.look(found, learned["limit"], self.fitted_from)
        return Answer(score, cells.known_pixels(known, size) & images.depth.isfinite(), layers={"distance": found})

    def _add(self, example: Example, halves: Halves) -> list[int]:
        """Learn from a batch; returns the channels of the layers."""
        image = example.images.image
        maps, depth = self._inputs(example.images)
        target = self.teach(image, example.sample.get("index"))
        table = torch.cat([*(cells.at_cells(one, _size(image)) for one in maps), depth, target], 1)
        places = cells.thinned(maps, depth)
        for place, scene in enumerate(_scenes(example.sample)):
            rows = cells.rows_of(table[place : place + 1])
            halves.add(rows[rows.isfinite().all(1)], cells.rows_of(places[place : place + 1]), scene)
        return [one.values.shape[1] for one in maps]

    def _inputs(self, images: Images) -> tuple[list[LayerMap], Tensor]:
        """Features of every layer, and log depth (b,1,h,w) of the cells, NaN where it is unknown."""
        return cells.activated(images, self.layers, self.model), cells.in_cells(self.compared(images.depth))


def _scenes(sample: Sample) -> Sequence[str | None]:
    """The scene of each image; None = unknown."""
    found: Any = sample.get("scene")
    return [found] * len(sample["image"]) if found is None or isinstance(found, str) else found


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def student(settings: StudentSettings, parts: Parts) -> Student:
    """The estimator of `method: student`."""
    return Student(parts.model, **settings.arguments())

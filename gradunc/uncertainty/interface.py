"""What an uncertainty method is made from, and what it may offer beside `estimate`.

A method is a dataclass of options (`EstimatorSettings`), a factory, and a line of `registry.ESTIMATORS`. The factory
gets its options and `Parts`: the network, and ways to more of what methods need (several networks, other estimators).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.types import Sample, Split, UncertaintyEstimator
from gradunc.uncertainty.settings import EstimatorSettings

Settings = TypeVar("Settings", bound=EstimatorSettings, contravariant=True)

EstimatorFactory = Callable[[nn.Module], UncertaintyEstimator]
Estimator = UncertaintyEstimator | EstimatorFactory
"""An estimator that holds its model, or what makes one for a model."""


def _no_network(path: str) -> nn.Module:
    raise InputError(f"network '{path}' cannot be loaded here; give Parts(network=gradunc.load_model)")


def _no_estimator(name: str) -> UncertaintyEstimator:
    raise InputError(f"there is no estimator '{name}' beside this one; give Parts(estimator=...)")


@dataclass(frozen=True)
class Parts:
    """What a factory may take."""

    model: nn.Module
    """The network that is judged; returns a `DepthPrediction`."""
    network: Callable[[str], nn.Module] = _no_network
    """Path -> another trained network in eval mode on the same device: the members of an ensemble, a teacher."""
    estimator: Callable[[str], UncertaintyEstimator] = _no_estimator
    """Name -> another estimator of the same configuration: what a calibration wraps."""

    __repr__ = brief_repr


class Factory(Protocol[Settings]):
    """Makes an estimator."""

    def __call__(self, settings: Settings, parts: Parts) -> UncertaintyEstimator:
        """`InputError`, without the estimator's name, for options that do not fit the parts."""
        ...


@runtime_checkable
class Fitted(Protocol):
    """An estimator that learns from data before its first estimate; the network's own weights stay as they are.

    What it has learned is kept beside the checkpoint (`learned.py`) and restored by the next run.
    """

    fit_split: Split
    """What it learns from, "train" or "val"."""

    @property
    def is_fitted(self) -> bool:
        """Whether `fit` or `restore` has been called."""
        ...

    def fit(self, batches: Iterable[Sample]) -> None:
        """Learn from batches on the network's device: images in [0,1], and true depth where the data have it."""
        ...

    def learned(self) -> Mapping[str, Tensor]:
        """What `fit` found, by name."""
        ...

    def restore(self, learned: Mapping[str, Tensor]) -> None:
        """Take what an earlier `learned()` gave."""
        ...


@runtime_checkable
class Exportable(UncertaintyEstimator, Protocol):
    """An estimator whose `estimate` is the same operators for every image of a size, so that a graph can hold them.

    Random numbers may be drawn by seeded generators, and are constants of the graph.
    """

    @property
    def model(self) -> nn.Module:
        """The network that is judged."""
        ...

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that it reads; () before the first estimate if an image is needed to find them."""
        ...

    def check_exportable(self) -> None:
        """Raise `InputError` if its options make the operators depend on the values of an image."""
        ...


def images_wanted(estimator: Fitted) -> int | None:
    """From how many images of its split it learns at most; None = from all."""
    return getattr(estimator, "fit_images", None)


def learned_from(estimator: Fitted) -> str:
    """From how much it has learned, for people."""
    return getattr(estimator, "fitted_from", "") or f"the {estimator.fit_split} split"


def findings(estimator: Any) -> tuple[str, ...]:
    """Lines about what an estimator has found in the data, for the end of its fit."""
    return tuple(getattr(estimator, "findings", ()))


def check_network(estimator: Fitted, image: Tensor) -> None:
    """Raise `InputError` if it is known before it learns that an estimator cannot judge its network.

    Args:
        estimator: may have a method `check_network(image)`.
        image: (1,3,H,W) float in [0,1].
    """
    check = getattr(estimator, "check_network", None)
    if check is not None:
        check(image)


def awaits_depth(estimator: Any) -> bool:
    """Whether `estimate` cannot do without `reference=`, a depth of the caller: an oracle, for example."""
    return bool(getattr(estimator, "awaits_depth", False))


def wrapped(estimator: Any) -> tuple[UncertaintyEstimator, ...]:
    """The estimators that one asks for their estimates, and that must have learned before it learns."""
    return tuple(getattr(estimator, "wraps", ()))


def behind(name: str, estimators: Mapping[str, UncertaintyEstimator]) -> tuple[str, ...]:
    """Names of all estimators that one wraps, and that those wrap, in the order of `estimators`."""
    inner = [one for one, other in estimators.items() if any(other is w for w in wrapped(estimators[name]))]
    found = {*inner, *(deeper for one in inner for deeper in behind(one, estimators))}
    return tuple(one for one in estimators if one in found)


def notes(estimator: Any) -> tuple[str, ...]:
    """Lines about what an estimator has decided by itself, for the end of a run."""
    return tuple(getattr(estimator, "notes", ()))

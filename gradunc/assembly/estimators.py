"""From the section `uncertainty` to estimators; no method is named here, see `gradunc/uncertainty/registry.py`."""

import weakref
from collections.abc import Callable, Mapping

from torch import nn

from gradunc.errors import InputError, unknown
from gradunc.imports import imported
from gradunc.models import load_model
from gradunc.ops.devices import device_of
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import EstimatorFactory, Fitted, Parts, behind, notes
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.learned_file import Origin
from gradunc.uncertainty.registry import ESTIMATORS
from gradunc.uncertainty.settings import EstimatorSettings

Settings = Mapping[str, EstimatorSettings]


def estimator_factories(uncertainty: Settings) -> Mapping[str, EstimatorFactory]:
    """Name -> what makes the estimator for a model; asked twice for one model it gives the same estimator."""
    workshop = _Workshop(uncertainty)
    return {name: workshop.maker(name) for name in uncertainty}


def build_estimators(uncertainty: Settings, model: nn.Module) -> dict[str, UncertaintyEstimator]:
    """Name -> estimator of a model.

    Raises:
        InputError: options that do not fit the network; the message names the estimator.
    """
    return {name: make(model) for name, make in estimator_factories(uncertainty).items()}


def decisions(estimators: Mapping[str, UncertaintyEstimator]) -> list[str]:
    """What estimators have decided by themselves, a line each."""
    return [f"uncertainty.{name}.{note}" for name, one in estimators.items() for note in notes(one)]


def restore(
    estimators: Mapping[str, UncertaintyEstimator], learned: Learned, model: nn.Module
) -> dict[str, Origin | None]:
    """Give estimators what they have learned of this network before.

    Returns:
        Name of each that was given something -> the data that it has learned from, None = unknown.

    Raises:
        InputError: one has not learned yet, or at another size, or under other options; the message says how.
    """
    origins: dict[str, Origin | None] = {}
    for name, estimator in estimators.items():
        if not isinstance(estimator, Fitted) or estimator.is_fitted:
            continue
        inner = behind(name, estimators)
        found = learned.load(name, model, inner)
        if found is None:
            method = learned.settings[name].method
            raise InputError(f"uncertainty.{name} (method={method}) {learned.missing(name, model, inner)}")
        found.give(estimator, device_of(model))
        origins[name] = found.origin
    return origins


class _Workshop:
    """Makes the estimators of one configuration, each once for a model."""

    def __init__(self, uncertainty: Settings) -> None:
        self.uncertainty = uncertainty
        self._made: weakref.WeakKeyDictionary[nn.Module, dict[str, UncertaintyEstimator]] = weakref.WeakKeyDictionary()
        self._networks: weakref.WeakValueDictionary[tuple[str, str], nn.Module] = weakref.WeakValueDictionary()
        """Path and device -> network, as long as an estimator holds it: several share one, and its passes."""

    def maker(self, name: str) -> Callable[[nn.Module], UncertaintyEstimator]:
        """What makes an estimator for a model."""
        return lambda model: self._make(name, model, ())

    def _make(self, name: str, model: nn.Module, asking: tuple[str, ...]) -> UncertaintyEstimator:
        made = self._made.setdefault(model, {})
        if name in made:
            return made[name]
        settings = self.uncertainty[name]
        try:
            make = imported(ESTIMATORS[settings.method].implementation)
            made[name] = make(settings, Parts(model, self._network(model), self._other(name, model, asking)))
        except InputError as error:
            raise InputError(f"uncertainty.{name}: {error}") from error
        return made[name]

    def _other(self, name: str, model: nn.Module, asking: tuple[str, ...]) -> Callable[[str], UncertaintyEstimator]:
        chain = (*asking, name)

        def other(wanted: str) -> UncertaintyEstimator:
            if wanted not in self.uncertainty:
                raise unknown("estimator", wanted, [one for one in self.uncertainty if one not in chain])
            if wanted in chain:
                raise InputError(f"estimators wrap one another in a circle: {' -> '.join((*chain, wanted))}")
            return self._make(wanted, model, chain)

        return other

    def _network(self, model: nn.Module) -> Callable[[str], nn.Module]:
        def load(path: str) -> nn.Module:
            device = device_of(model)
            found = self._networks.get((path, str(device)))
            if found is None:
                self._networks[path, str(device)] = found = load_model(path, device=device)
            return found

        return load

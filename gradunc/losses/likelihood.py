"""Negative log-likelihoods of true depth, which train an uncertainty head together with the depth."""

from abc import ABC, abstractmethod

from torch import Tensor

from gradunc.losses.inputs import OWN, TRUTH, LossInputs, Need, TermResult
from gradunc.ops.evidential import evidence, negative_log_likelihood, regularizer
from gradunc.ops.quantities import of_depth

BETA = 0.5
"""Of beta-NLL, as its authors recommend."""


def laplace(error: Tensor, h: Tensor) -> Tensor:
    """|error| exp(-h) + h, smallest at exp(h) = |error| (docs/methods.md C.1); any shape."""
    return error.abs() * (-h).exp() + h


def gaussian(error: Tensor, h: Tensor) -> Tensor:
    """error^2 exp(-2h) / 2 + h, smallest at exp(h) = |error| (docs/methods.md C.1); any shape."""
    return 0.5 * error.square() * (-2 * h).exp() + h


class Likelihood(ABC):
    """Mean over valid pixels of what a pixel costs, in the quantity of the uncertainty head."""

    needs: frozenset[Need] = TRUTH | OWN
    head = ""

    @abstractmethod
    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """Cost of each of n pixels.

        Args:
            error: (n,1,1,1) prediction minus truth, in the quantity of the head.
            told: (n,C,1,1) outputs of the head, h within its limits.
        """

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel.

        Raises:
            InputError: a network without the uncertainty head that this term trains.
        """
        truth, keep = inputs.tensor("depth"), inputs.tensor("valid")
        size = (truth.shape[-2], truth.shape[-1])
        own, told = inputs.told(self.head, scale, size)
        predicted = of_depth(inputs.depth(scale, size)[keep], own.quantity)
        error = (predicted - of_depth(truth[keep], own.quantity)).view(-1, 1, 1, 1)
        told = told.movedim(1, -1)[keep[:, 0]]
        if not len(error):
            return TermResult(error.sum() + told.sum())
        return TermResult(self.values(error, told.view(len(error), -1, 1, 1)).mean())


class Laplace(Likelihood):
    """Laplace likelihood, h = log b; its standard deviation is the root of 2 times b."""

    head = "laplace"

    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """See `Likelihood`."""
        return laplace(error, told)


class Gaussian(Likelihood):
    """Gaussian likelihood, h = log sigma."""

    head = "gaussian"

    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """See `Likelihood`."""
        return gaussian(error, told)


class BetaNLL(Gaussian):
    """Gaussian likelihood weighted by sigma^(2 beta), a constant (Seitzer et al., ICLR 2022): fits the mean better."""

    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """See `Likelihood`."""
        weight = (2 * BETA * told.detach()).exp()
        return weight * gaussian(error, told)


class Evidential(Likelihood):
    """Likelihood of deep evidential regression (Amini et al., NeurIPS 2020, equation 8)."""

    head = "evidential"

    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """See `Likelihood`."""
        return negative_log_likelihood(error, evidence(told))


class EvidentialRegularizer(Likelihood):
    """What evidence costs where the prediction is wrong (equation 9); weight 0.2 in the published depth training."""

    head = "evidential"

    def values(self, error: Tensor, told: Tensor) -> Tensor:
        """See `Likelihood`."""
        return regularizer(error, evidence(told))

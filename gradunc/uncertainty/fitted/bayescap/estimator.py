"""BayesCap (Upadhyay et al., ECCV 2022): standard deviation of a frozen answer, learned afterwards.

A network Omega sees the answer y^ alone, in the named space, and says y~ and the alpha and beta of a generalised
Gaussian around it (`likelihood.py`). It is fitted to true depth. The depth stays that of the network: y~ only holds
Omega to what it sees.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor, nn

from gradunc.errors import unknown
from gradunc.types import Scale
from gradunc.uncertainty.draws import seeded
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.fitted.bayescap.crops import MOST_PIXELS, Crops, Map, Maps, Normalised
from gradunc.uncertainty.fitted.bayescap.likelihood import LIKELIHOOD, std
from gradunc.uncertainty.fitted.bayescap.network import Cap, Omega
from gradunc.uncertainty.fitted.bayescap.settings import BayesCapSettings
from gradunc.uncertainty.fitted.training import train
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.posthoc.base import Answer, Images

CENTRE, SPREAD = "centre", "spread"
"""Names under which `learned` keeps the unit of what Omega sees."""


class Capped(TypedDict, total=False):
    """Options of `BayesCap` beside those of `FittedEstimator`; see `BayesCapSettings`."""

    identity_weight: float
    nll_weight: float
    alpha_eps: float
    beta_eps: float
    blocks: int
    width: int
    kernel: int
    batch_norm: bool
    steps: int
    batch: int
    crop: int
    lr: float


class BayesCap(FittedEstimator):
    """Standard deviation of a generalised Gaussian that a small network finds in the prediction.

    Args:
        model: as for `GradientUncertainty`.
        space: quantity of the standard deviation.
        likelihood: "paper", or "released": the product that the published program minimises; then it is a score.
        fit: split that it learns from.
        fit_images: of the split at most.
        seed: of weights and crops.
        options: fields of `BayesCapSettings`, whose defaults hold.

    Raises:
        InputError: as `FittedEstimator`, or an unknown likelihood.
    """

    def __init__(
        self,
        model: nn.Module,
        space: str = "disparity",
        likelihood: str = "paper",
        *,
        fit: str = "val",
        fit_images: int | None = None,
        seed: int = 0,
        **options: Unpack[Capped],
    ) -> None:
        super().__init__(model, space, fit=fit, fit_images=fit_images, seed=seed)
        if likelihood not in LIKELIHOOD:
            raise unknown("likelihood", likelihood, LIKELIHOOD)
        self.settings = BayesCapSettings(likelihood=likelihood, **options)
        self._omega: Omega | None = None
        self.findings: tuple[str, ...] = ()
        """How the fit went."""

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        own = self.settings.arguments()
        return {name: own[name] for name in ("likelihood", *Capped.__annotations__)}

    @property
    def scale(self) -> Scale:
        """A standard deviation in the unit of the space; a score of "released", which finds no scale of the errors."""
        return Scale() if self.settings.likelihood == "released" else super().scale

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        """See `FittedEstimator`."""
        maps, device = Maps(self.seed, MOST_PIXELS), torch.device("cpu")
        for one in examples:
            device = one.images.depth.device
            for image in self._maps(one):
                maps.add(image)
        unit = maps.unit()
        with seeded(self.seed, device), torch.enable_grad():
            omega = self._untrained().to(device)
            crops = Crops(maps.kept, unit, self.settings.batch, self.settings.crop, device)
            first, last = train(
                omega, lambda: self.loss(omega, crops()), self.settings.steps, self.settings.lr, "BayesCap learns"
            )
            loss = f"loss {first:.4g} at first, {last:.4g} at last"
            self.findings = (loss, _identity(omega, crops()), *maps.findings())
        return {**omega.state_dict(), CENTRE: unit.centre.to(device), SPREAD: unit.spread.to(device)}

    def loss(self, omega: nn.Module, crop: Map) -> Tensor:
        """Identity over all pixels, likelihood over those with truth: both means of (B,1,H,W) in normalised units."""
        cap: Cap = omega(crop.answer)
        nll = LIKELIHOOD[self.settings.likelihood](cap.mean - crop.truth, cap.inverse_alpha, cap.beta)
        identity = (cap.mean - crop.answer).abs()
        return self.settings.identity_weight * _mean(identity, crop.finite) + self.settings.nll_weight * _mean(
            nll, crop.keep
        )

    def take(self, learned: Mapping[str, Tensor]) -> None:
        """See `FittedEstimator`."""
        with torch.device("meta"):  # draws no random numbers
            omega = self._untrained()
        omega.load_state_dict({name: learned[name] for name in omega.state_dict()}, assign=True)
        self._omega = omega.eval().requires_grad_(False)

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        assert self._omega is not None  # `estimate` has looked
        answer, learned = self.compared(images.depth), self.learned()
        unit = Normalised(learned[CENTRE], learned[SPREAD])
        cap: Cap = self._omega(unit(answer))
        return Answer(std(cap.inverse_alpha, cap.beta) * unit.spread, answer.isfinite())

    def _untrained(self) -> Omega:
        s = self.settings
        return Omega(s.blocks, s.width, s.kernel, s.alpha_eps, s.beta_eps, batch_norm=s.batch_norm)

    def _maps(self, one: Example) -> list[Map]:
        """The images of a batch that have a pixel to learn from."""
        answer, truth = self.compared(one.images.depth), self.compared(one.truth)
        keep = one.keep & answer.isfinite() & truth.isfinite()
        rows = zip(answer.cpu(), answer.isfinite().cpu(), truth.cpu(), keep.cpu(), strict=True)
        return [Map(*row) for row in rows if row[3].any()]


def _mean(values: Tensor, keep: Tensor) -> Tensor:
    """Over the kept pixels of a batch, 0 without any."""
    return torch.where(keep, values, 0.0).sum() / keep.sum().clamp_min(1)


def _identity(omega: nn.Module, crop: Map) -> str:
    """How far y~ is from y^, in standard deviations."""
    cap: Cap = omega(crop.answer)
    share = ((cap.mean - crop.answer).abs() / std(cap.inverse_alpha, cap.beta))[crop.finite].mean()
    return f"its own depth differs from the network's by {float(share):.2g} standard deviations on average"


def bayescap(settings: BayesCapSettings, parts: Parts) -> BayesCap:
    """The estimator of `method: bayescap`."""
    return BayesCap(parts.model, **settings.arguments())

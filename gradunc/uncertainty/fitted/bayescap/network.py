"""The network Omega of BayesCap (Upadhyay et al., ECCV 2022, figure 2; the layers are those of its program).

Four things differ. The border is repeated, not filled with zeros, which look like a depth of their own. The heads end
in softplus, not in ReLU: a ReLU that is 0 everywhere has no gradient and leaves a constant map. Beta counts as at least
`SMALLEST_BETA`, with its gradient. And BatchNorm is an option: it takes the level of the answer out of small batches of
crops, which is what tells their errors apart.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.uncertainty.fitted.bayescap.likelihood import SMALLEST_BETA


class Cap(NamedTuple):
    """What Omega says, each (B,1,H,W) float32."""

    mean: Tensor
    """y~, the network's answer again."""
    inverse_alpha: Tensor
    beta: Tensor

    __repr__ = brief_repr


class Omega(nn.Module):
    """Answer (B,1,H,W) -> `Cap`, at full resolution.

    Args:
        blocks: residual blocks.
        width: channels.
        kernel: side of the first and the last convolutions, odd.
        alpha_eps: least value of 1/alpha.
        beta_eps: added to beta.
        batch_norm: behind the convolutions of the blocks.
    """

    def __init__(
        self, blocks: int, width: int, kernel: int, alpha_eps: float, beta_eps: float, *, batch_norm: bool
    ) -> None:
        super().__init__()
        self.alpha_eps, self.beta_eps = alpha_eps, beta_eps
        self.first = nn.Sequential(_conv(1, width, kernel), nn.PReLU())
        self.blocks = nn.Sequential(*(_Block(width, batch_norm) for _ in range(blocks)))
        self.last = nn.Sequential(_conv(width, width, 3), _norm(width, batch_norm))
        self.mean = _conv(width, 1, kernel)
        self.alpha, self.beta = _head(width, kernel), _head(width, kernel)

    def forward(self, answer: Tensor) -> Cap:
        """(B,1,H,W), of order 1, without NaN."""
        start = self.first(answer)
        features = start + self.last(self.blocks(start))
        inverse_alpha = F.softplus(self.alpha(features).float()) + self.alpha_eps
        beta = F.softplus(self.beta(features).float()) + self.beta_eps
        # Clamped, but with the gradient of what was not: it may come back.
        beta = beta + (beta.clamp_min(SMALLEST_BETA) - beta).detach()
        return Cap(self.mean(features).float(), inverse_alpha, beta)


class _Block(nn.Module):
    """x + two convolutions."""

    def __init__(self, width: int, batch_norm: bool) -> None:
        super().__init__()
        self.path = nn.Sequential(
            _conv(width, width, 3),
            _norm(width, batch_norm),
            nn.PReLU(),
            _conv(width, width, 3),
            _norm(width, batch_norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.path(x)


def _conv(inside: int, outside: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, kernel, padding=kernel // 2, padding_mode="replicate")


def _norm(width: int, batch_norm: bool) -> nn.Module:
    return nn.BatchNorm2d(width) if batch_norm else nn.Identity()


def _head(width: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        _conv(width, width, kernel), nn.PReLU(), _conv(width, width, kernel), nn.PReLU(), _conv(width, 1, kernel)
    )

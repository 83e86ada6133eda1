"""Monte Carlo dropout ("Drop": Gal & Ghahramani, ICML 2016; Poggi et al., CVPR 2020; docs/methods.md B.3).

In eval mode a dropout layer hands on what it gets. Changing its output with random numbers of each image therefore is
its dropout in training mode, without a switch of modes and without a batch that decides what an image draws.
"""

from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.wrappers import layer_root
from gradunc.uncertainty.draws import Draws
from gradunc.uncertainty.empirical.combination import LAWS, Member, chosen, told
from gradunc.uncertainty.empirical.dropout_settings import MCDropoutSettings
from gradunc.uncertainty.gradient.layers import short
from gradunc.uncertainty.gradient.references import Query
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.network import network_of
from gradunc.uncertainty.posthoc.base import Answer, Images
from gradunc.uncertainty.posthoc.perturbed import Perturbed
from gradunc.uncertainty.posthoc.spaces import back
from gradunc.uncertainty.posthoc.spread import Spread

SINGLE = (nn.Dropout,)
"""Layers that drop single values."""
WHOLE = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
"""Layers that drop whole channels."""


class MCDropout(Perturbed):
    """Mean and standard deviation over passes with dropout as in the training; their spread is epistemic.

    Of a network that predicts a spread of its own, the variances add up (`combination.total_variance`). Every
    dropout layer with p above 0 that the network has is sampled, each with its own p. The encoder runs once if the
    network has `encode` and `decode` and none of them runs in `encode`.

    Args:
        model: as for `GradientUncertainty`.
        samples: passes, at least 2.
        space: quantity of mean and spread.
        seed: of the random numbers.
        mean: give the mean over the samples as depth, instead of the plain prediction.

    Raises:
        InputError: a network without dropout layers, or fewer than two samples.
    """

    def __init__(
        self, model: nn.Module, samples: int = 8, space: str = "disparity", *, seed: int = 0, mean: bool = True
    ) -> None:
        self._dropouts = dropout_layers(network_of(model))
        if not self._dropouts:
            raise InputError(
                f"{type(layer_root(network_of(model))).__name__} has no dropout layer (nn.Dropout, nn.Dropout2d, ...) "
                "with p above 0: it was trained without; use method=inference_dropout, or train one with "
                "model.dropout=0.2"
            )
        super().__init__(model, list(self._dropouts), samples, space, seed=seed)
        self.mean = mean
        self._ran: set[str] = set()

    @property
    def notes(self) -> tuple[str, ...]:
        """Which layers are sampled, and those that no pass has reached."""
        idle = [name for name in self.layers if name not in self._ran] if self._ran else []
        sampled = [name for name in self.layers if name not in idle]
        unreached = f", not at {short(idle)}, which no pass reaches" if idle else ""
        return (f"samples={self.samples} of the dropout at {short(sampled)}{unreached}",)

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {**super().options(), "p": [one.p for one in self._dropouts.values()], "mean": self.mean}

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        law, members = chosen("auto", [self.model], self.space), list[Member]()
        means = Spread(self.compared(images.depth, images.zero))
        for prediction in self.passes(images):
            depth = prediction.depth.detach()
            means.add(self.compared(depth, images.zero))
            members.append((depth, depth, told(law, self.model, prediction)))
        if not self._ran:
            raise InputError(
                f"no pass reaches the dropout layers that the network has ({short(self.layers)}): its dropout is "
                "functional or fused into attention, and cannot be sampled; use method=inference_dropout"
            )
        answer = LAWS[law](means, members, [self.model] * len(members), self.output_space, self.space)
        mean = back(means.mean, self.output_space, self.space, images.zero)
        mean = torch.where(means.count > 0, mean, images.depth)
        return answer._replace(depth=mean if self.mean else None)

    def disturbed(self, query: Query, layer: str, output: Tensor) -> Tensor:
        """See `Perturbed`."""
        self._ran.add(layer)
        module = self._dropouts[layer]
        found = sample(output, query.draws, module.p, len(query.image), whole=isinstance(module, WHOLE))
        # What else reads the input of a layer that works in place sees what it has dropped.
        return output.copy_(found) if module.inplace else found


def dropout_layers(model: nn.Module) -> dict[str, Any]:
    """Name -> dropout layer with p above 0, of all that hooks can sample."""
    named = layer_root(model).named_modules()
    return {name: one for name, one in named if isinstance(one, (*SINGLE, *WHOLE)) and one.p > 0}


def sample(values: Tensor, draws: Draws, p: float, images: int, *, whole: bool) -> Tensor:
    """Dropout: zero with probability p, else scaled by 1/(1-p).

    Args:
        values: (images k, ...): k rows of each image follow one another (windows of attention); k = 1 in most layers.
        draws: of the images.
        p: probability, above 0.
        images: in the batch.
        whole: one draw for each of the first two axes (a channel of an image), instead of one for each value.

    Raises:
        InputError: a first axis that is no multiple of the images.
    """
    rows = len(values)
    if rows % images:
        raise InputError(
            f"a dropout layer gives {rows} rows for {images} images, so that nobody knows which belong to an image; "
            "estimate one image at a time (data.eval_batch_size=1)"
        )
    shape = (*values.shape[:2], *(1 for _ in values.shape[2:])) if whole else tuple(values.shape)
    uniform = draws.uniform(values.new_zeros((), dtype=torch.float32).expand(images, rows // images, *shape[1:]))
    return torch.where(uniform.reshape(shape) >= p, values / (1 - p) if p < 1 else values, 0.0)


def mc_dropout(settings: MCDropoutSettings, parts: Parts) -> MCDropout:
    """The estimator of `method: mc_dropout`."""
    return MCDropout(parts.model, **settings.arguments())

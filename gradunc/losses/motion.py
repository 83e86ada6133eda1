"""What keeps a field of motion to the few things that move (Li et al., CoRL 2020; docs/methods.md F.13).

Both terms see the field over the median depth of its image, so that the unit of depth does not matter.
"""

from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses.inputs import LossInputs, Need, TermResult
from gradunc.ops.disparity import resize

FIELD: frozenset[Need] = frozenset({"motion_field", "output_depth"})
TINY = 1e-6
"""Keeps roots differentiable at 0."""


def sparsity(field: Tensor) -> Tensor:
    """2 sum_c a_c mean sqrt(1 + |T_c| / a_c), a_c = mean |T_c|, of each field (N,3,h,w): a scalar, the mean of fields.

    Its gradient falls with |T|: one thing that moves far costs less than all of the image moving a little.

    >>> import torch
    >>> round(float(sparsity(torch.ones(1, 3, 2, 2))), 3)  # 2 * 3 * sqrt(2)
    8.485
    """
    size = field.abs()
    mean = size.mean((2, 3), keepdim=True) + TINY
    return (2 * mean * (1 + size / mean).sqrt()).mean((2, 3)).sum(1).mean()


def smoothness(field: Tensor) -> Tensor:
    """Mean sqrt(|dx T|^2 + |dy T|^2) over pixels that have both neighbours, (N,3,h,w) -> a scalar."""
    across = field.diff(dim=3)[:, :, :-1].square().sum(1)
    down = field.diff(dim=2)[:, :, :, :-1].square().sum(1)
    return (across + down + TINY**2).sqrt().mean()


class MotionSparsity:
    """`sparsity` of all fields; the map "motion" is that of the first source [unit of depth]."""

    needs = FIELD
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """The same value at every scale."""
        height, width = inputs.sample["image"].shape[-2:]
        shown = resize(_motions(inputs)[:, 0].detach(), (height, width))
        return TermResult(sparsity(_relative(inputs)), {"motion": shown})


class MotionSmoothness:
    """`smoothness` of all fields."""

    needs = FIELD
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """The same value at every scale."""
        return TermResult(smoothness(_relative(inputs)))


def _relative(inputs: LossInputs) -> Tensor:
    """(B*N,3,h,w) the fields over the median depth of their image."""
    height, width = inputs.prediction.scales[0].shape[-2:]
    median = inputs.depth(0, (height, width)).detach().flatten(1).median(1).values
    return (_motions(inputs) / median.view(-1, 1, 1, 1, 1)).flatten(0, 1)


def _motions(inputs: LossInputs) -> Tensor:
    if inputs.motions is None:
        raise InputError(
            "a loss needs the motion of things that no network predicts; give DepthTraining motion_network="
        )
    return inputs.motions

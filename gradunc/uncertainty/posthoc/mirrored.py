"""The depth of an image and of its mirrored image together, as networks are tested by their authors."""

from torch import Tensor, nn

from gradunc.types import Mirrored, OutputSpace
from gradunc.uncertainty.checks import usable
from gradunc.uncertainty.passes import mirrored, plain
from gradunc.uncertainty.posthoc.flip import blended
from gradunc.uncertainty.posthoc.spaces import back, into
from gradunc.uncertainty.session import evaluation


def mirrored_depth(model: nn.Module, image: Tensor, how: Mirrored, own: Tensor | None = None) -> Tensor:
    """Depth of a batch in the network's output space, without graph: two forward passes, or those that are shared.

    Args:
        model: returns a `DepthPrediction`; may have `output_space`.
        image: (B,3,H,W) float in [0,1].
        how: see `together`; "none" is the plain prediction.
        own: (B,1,H,W) the plain prediction, if it has been made.
    """
    with evaluation(model):
        image = usable(image)
        first = plain(model, image).depth if own is None else own
        if how == "none":
            return first
        return together(first, mirrored(model, image).depth, how, getattr(model, "output_space", OutputSpace()))


def together(own: Tensor, other: Tensor, how: Mirrored, space: OutputSpace) -> Tensor:
    """One depth of two, (B,1,H,W) each in the output space, the second one mirrored back.

    "mean" is the mean of both numbers of the network (AdaBins, NeWCRFs, PixelFormer). "blended" is Monodepth2's
    post-processing: the mean of both disparities, but at each border the one that has seen more (`flip.blended`); of
    outputs up to a shift the numbers themselves are blended, because no disparity follows from such a depth.
    """
    if how == "mean":
        return (own + other) / 2
    quantity = space.quantity if space.ambiguity == "affine" else "disparity"
    return back(blended(into(own, space, quantity), into(other, space, quantity)), space, quantity)

"""Every reference, loss and reduction once more, image by image on lists of kept pixels. For `Split` networks."""

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.transforms.functional as classic
from torch import Tensor

from gradunc.uncertainty.draws import Draws, image_seeds
from tests.uncertainty.published_program import resize
from tests.uncertainty.split_networks import Split

LAYERS = ("block", "fuse")


def reference_of(name: str, model: Split, image: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """Depth and bool mask, (B,1,H,W), of the reference with its default parameters."""
    draws, size = Draws(lambda: image_seeds(0, image)), (image.shape[-2], image.shape[-1])
    everywhere = torch.ones_like(given, dtype=torch.bool)
    if name.startswith("feature"):
        fine, _, deep = model.encode(image)
        if name == "feature_flip":
            return model.decode([fine.flip(3), None, deep.flip(3)], size).depth.flip(3), everywhere
        if name == "feature_noise":
            spread = torch.stack([one.std() for one in deep]).view(-1, 1, 1, 1)
            deep = deep + 0.1 * spread * draws.normal(deep)
        elif name == "feature_dropout":
            deep = deep * (draws.uniform(deep[:, :, :1, :1]) >= 0.1) / 0.9
        else:
            means = deep.mean((2, 3), keepdim=True)
            deep = 1.1 * means + (deep - means)
        return model.decode([fine, None, deep], size).depth, everywhere
    if name == "given":
        return given, given != 0
    if name == "flip":
        return model(image.flip(3)).depth.flip(3), everywhere
    if name == "gray":
        gray = (image * torch.tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
        return model(gray.expand_as(image)).depth, everywhere
    if name == "noise":
        return model(image + 0.01 * draws.normal(image)).depth, everywhere
    if name == "rotate":
        depth, known = (
            classic.rotate(one, -10)
            for one in (model(classic.rotate(image, 10)).depth, classic.rotate(torch.ones_like(given), 10))
        )
        return depth, known == 1
    if name == "brightness":
        return model((1.2 * image).clamp(0, 1)).depth, everywhere
    if name == "shift":
        columns = torch.arange(size[1])
        depth = model(image[..., (columns - 8).clamp(0)]).depth
        return depth[..., (columns + 8).clamp(max=size[1] - 1)], everywhere & (columns + 8 < size[1])
    assert name == "rescale"
    small = F.interpolate(image, [round(0.75 * side) for side in size], mode="bilinear", antialias=True)
    depths = [resize(one.numpy(), size) for one in model(small).depth[:, 0]]
    return torch.from_numpy(np.stack(depths)).float()[:, None], everywhere


def loss_of(name: str, depth: Tensor, reference: Tensor, keep: Tensor) -> Tensor:
    """Of one image, (H,W) three times -> scalar; the output is a depth."""
    d, r = depth[keep], reference[keep]
    error = d - r
    if name == "huber":
        delta = error.detach().abs().mean()
        return F.huber_loss(d, r, delta=delta.item())
    if name == "ssim":
        return ssim(torch.where(keep, depth, 0) / r.max(), torch.where(keep, reference, 0) / r.max())[keep].mean()
    return {
        "squared": lambda: error.square().mean(),
        "squared_disparity": lambda: (1 / d - 1 / r).square().mean(),
        "squared_log": lambda: (d / r).log().square().mean(),
        "l1": lambda: error.abs().mean(),
        "variance": lambda: (error.square() / 2).mean(),
        "sensitivity": lambda: sensitivity(d, r),
        "sensitivity_depth": lambda: sensitivity_depth(d, r),
    }[name]()


def sensitivity(depth: Tensor, reference: Tensor) -> Tensor:
    """Mean of (1 + |e| / mean |e|) log depth over lists of kept pixels, e the constant log ratio."""
    ratio = (depth.detach() / reference).log().abs()
    return ((1 + ratio / ratio.mean()) * depth.log()).mean()


def sensitivity_depth(depth: Tensor, reference: Tensor) -> Tensor:
    """Mean of (1 + |e| / mean |e|) depth over lists of kept pixels, e the constant difference."""
    size = (depth.detach() - reference).abs()
    return ((1 + size / size.mean()) * depth).mean()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """(1 - SSIM) / 2 of two maps (H,W), 3x3 windows over a reflected border."""
    x, y = (F.unfold(F.pad(m[None, None], (1, 1, 1, 1), mode="reflect"), 3)[0] for m in (a, b))
    mx, my = x.mean(0), y.mean(0)
    covariance = ((x - mx) * (y - my)).mean(0)
    top = (2 * mx * my + 1e-4) * (2 * covariance + 9e-4)
    bottom = (mx**2 + my**2 + 1e-4) * (x.var(0, correction=0) + y.var(0, correction=0) + 9e-4)
    return ((1 - top / bottom) / 2).view_as(a)


def gradients_of(reference: str, loss: str, image: Tensor, given: Tensor) -> tuple[list[float], list[np.ndarray]]:
    """Loss of each image, and the gradient (B,C,h,w) at each layer: ordinary autograd at added zeros."""
    model, added = Split(), list[Tensor]()

    def add(_module: object, _arguments: object, output: Tensor) -> Tensor:
        added.append(torch.zeros_like(output, requires_grad=True))
        return output + added[-1]

    handles = [model.get_submodule(name).register_forward_hook(add) for name in LAYERS]
    prediction = model(image)
    for handle in handles:
        handle.remove()
    if reference == "none":
        assert prediction.log_scale is not None
        losses = [2 * (2 * h).exp().mean() for h in prediction.log_scale]
        if loss == "sensitivity":
            losses = [one + depth.log().mean() for one, depth in zip(losses, prediction.depth, strict=True)]
        if loss == "sensitivity_depth":
            losses = [one + depth.mean() for one, depth in zip(losses, prediction.depth, strict=True)]
    else:
        with torch.no_grad():
            other, keep = reference_of(reference, model, image, given)
        losses = [loss_of(loss, prediction.depth[i, 0], other[i, 0], keep[i, 0]) for i in range(len(image))]
    gradients = torch.autograd.grad(torch.stack(losses).sum(), added)
    return [one.item() for one in losses], [one.numpy() for one in gradients]


def reduced(gradient: np.ndarray, channels: str) -> np.ndarray:
    """(B,C,h,w) -> (B,h,w)."""
    if channels == "norm":
        return np.sqrt((gradient**2).sum(1))
    if channels == "absmax":
        return np.maximum(gradient.max(1), -gradient.min(1))
    return {"max": np.max, "mean": np.mean, "sum": np.sum}[channels](gradient, axis=1)

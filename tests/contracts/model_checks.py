"""What every depth model must do; each check takes a factory of fresh models and raises AssertionError."""

from collections.abc import Callable

import torch
from torch import Tensor

from gradunc.models import EncoderDecoder
from gradunc.types import DepthPrediction
from gradunc.uncertainty.gradient.listing import automatic_layers
from gradunc.uncertainty.gradient.maps import token_grid

Factory = Callable[[], EncoderDecoder]
"""Makes the same model again, same weights."""

MAX_SCALES = 4
HEIGHT, WIDTH = 64, 96


def images(batch: int = 2, height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> Tensor:
    """(B,3,H,W) in [0,1]."""
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def predict(model: EncoderDecoder, image: Tensor, scales: int = 1) -> DepthPrediction:
    """Without graph, eval mode."""
    with torch.no_grad():
        return model.eval()(image, scales=scales)


def check_shapes(make: Factory) -> None:
    """Depth has the image's size, scale i is 2^i times smaller, types and numbers are sound."""
    model = make()
    prediction = predict(model, images(), MAX_SCALES)
    assert isinstance(prediction, DepthPrediction)
    assert prediction.depth.shape == (2, 1, HEIGHT, WIDTH)
    assert 1 <= len(prediction.scales) <= MAX_SCALES
    own = model.own_uncertainty
    assert (own is None) == (not prediction.uncertainty_scales)
    heads = [] if own is None else [(prediction.uncertainty_scales, own.channels)]
    for maps, channels in [(prediction.scales, 1), *heads]:
        assert len(maps) == len(prediction.scales)
        for i, map_ in enumerate(maps):
            assert map_.shape == (2, channels, HEIGHT // 2**i, WIDTH // 2**i), f"scale {i} is {tuple(map_.shape)}"
            assert map_.dtype == torch.float32
            assert map_.isfinite().all()
    assert prediction.depth.isfinite().all()
    if own is not None:
        told = prediction.log_scale if own.place == "log_scale" else prediction.extras[own.place]
        assert told is not None
        assert told.shape == (2, own.channels, HEIGHT, WIDTH)


def check_depth_is_the_heads(make: Factory) -> None:
    """`depth` is the finest activation through the head, and looks at the image."""
    model = make()
    prediction = predict(model, images())
    assert torch.equal(prediction.depth, model.head.depth(prediction.scales[0]))
    if model.settings.head == "disparity":
        assert (prediction.scales[0] > 0).all()
        assert (prediction.scales[0] < 1).all()
        assert (prediction.depth > model.settings.depth_range[0] * 0.999).all()
        assert (prediction.depth < model.settings.depth_range[1] * 1.001).all()
    assert not torch.equal(prediction.depth, predict(model, images(seed=1)).depth), "depth ignores the image"


def check_number_of_scales(make: Factory) -> None:
    """One scale unless asked for more, and the finest is the same either way."""
    model = make()
    one, all_ = predict(model, images()), predict(model, images(), MAX_SCALES)
    assert len(one.scales) == 1
    assert torch.allclose(one.depth, all_.depth, rtol=1e-6, atol=1e-6)


def check_coarse_head(make: Factory) -> None:
    """A decoder that stops at 1/4 says what the head of scale 2 says, and goes on to the same depth, to the bit."""
    model = make()
    if not model.has_coarse_head:
        return
    for height, width in ((HEIGHT, WIDTH), (HEIGHT - 1, WIDTH + 3), (33, 47)):
        image = images(2, height, width)
        whole = predict(model, image, 3)
        with torch.no_grad():
            coarse = model.decode_coarse(model.encode(image), (height, width))
            finished = coarse.finish()
        assert torch.equal(coarse.prediction.depth, model.head.depth(whole.scales[2]))
        assert torch.equal(finished.depth, whole.depth)
        assert coarse.prediction.depth.shape[-2:] == (-(-height // 4), -(-width // 4))
        if whole.log_scale is not None:
            assert torch.equal(coarse.prediction.log_scale, whole.uncertainty_scales[2])
            assert torch.equal(finished.log_scale, whole.log_scale)


def check_deterministic(make: Factory) -> None:
    """Eval mode gives the same numbers twice and changes nothing in the model."""
    model = make()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert torch.equal(predict(model, images()).depth, predict(model, images()).depth)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items()), "a buffer has changed"


def check_odd_sizes(make: Factory) -> None:
    """Any size works; scales are rounded up; padding of a multiple changes nothing."""
    model = make()
    for height, width in ((HEIGHT - 1, WIDTH + 3), (33, 47), (model.multiple, model.multiple)):
        prediction = predict(model, images(1, height, width), MAX_SCALES)
        assert prediction.depth.shape == (1, 1, height, width)
        for i, map_ in enumerate(prediction.scales):
            assert map_.shape[-2:] == (-(-height // 2**i), -(-width // 2**i))
        assert prediction.depth.isfinite().all()


def check_neighbours(make: Factory) -> None:
    """An image has the same depth alone and beside others."""
    model, batch = make(), images(3)
    together = predict(model, batch).depth
    for i in range(3):
        alone = predict(model, batch[i : i + 1]).depth
        assert torch.allclose(alone, together[i : i + 1], rtol=1e-4, atol=1e-5), "batch neighbours matter"


def check_gradients(make: Factory) -> None:
    """With all scales every trainable parameter gets a gradient, as DDP demands; and some of it is not zero."""
    model = make().train()
    prediction = model(images(), scales=MAX_SCALES)
    maps = (*prediction.scales, *prediction.uncertainty_scales)
    total = sum((map_.square().mean() for map_ in maps), torch.zeros(()))
    total.backward()
    without = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert not without, f"no gradient: {without}"
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    assert any(p.grad is not None and p.grad.any() for p in model.encoder.parameters()), "the encoder does not learn"


def check_state_dict(make: Factory) -> None:
    """Weights carry everything: loaded into a model of other weights they give the same depth."""
    model, other = make(), make()
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(0.1)
    other.load_state_dict(model.state_dict())
    assert torch.equal(predict(model, images()).depth, predict(other, images()).depth)


def check_hook_layers(make: Factory) -> None:
    """The automatic layer is one of the decoder; it and the head run once per forward and give maps or tokens."""
    model = make().eval()
    names = dict(model.named_modules())
    (automatic,) = automatic_layers(getattr(model, "inner", model), "auto", images(1))
    assert automatic.startswith("decoder."), f"layers=auto chose {automatic}"
    for name in (automatic, "decoder.heads.0"):
        assert name in names, f"{name} is missing"
        seen: list[Tensor] = []
        handle = names[name].register_forward_hook(lambda _, __, output, seen=seen: seen.append(output))
        predict(model, images())
        handle.remove()
        assert len(seen) == 1, f"{name} ran {len(seen)} times"
        assert seen[0].ndim == 4 or token_grid(seen[0].shape[1], (HEIGHT, WIDTH)) is not None


CHECKS: tuple[Callable[[Factory], None], ...] = (
    check_shapes,
    check_depth_is_the_heads,
    check_number_of_scales,
    check_deterministic,
    check_odd_sizes,
    check_neighbours,
    check_gradients,
    check_state_dict,
    check_hook_layers,
)

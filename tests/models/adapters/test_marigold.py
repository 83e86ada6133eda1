"""Marigold as a depth model: the pipeline's own predictions, gradients through the VAE's decoder, its preparation."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt_marigold
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.uncertainty import list_layers
from tests.models.adapters.marigold_networks import SCHEDULE, asked, diffusers, marigold, seeds, with_text
from tests.uncertainty.networks import fingerprint, noise

AUTO, COARSER = "vae.decoder.up_blocks.1.resnets.1", "vae.decoder.up_blocks.0.resnets.1"
IMAGE = noise(1, 45, 61)


def ddim(**options: Any) -> Any:
    return diffusers.DDIMScheduler(**(SCHEDULE | options))


SCHEDULERS = {
    "v": (ddim(), 1),
    "v, 3 steps": (ddim(), 3),
    "noise": (ddim(prediction_type="epsilon"), 2),
    "sample": (ddim(prediction_type="sample"), 1),
    "leading": (ddim(timestep_spacing="leading", steps_offset=1), 4),
    "no signal at the end": (ddim(rescale_betas_zero_snr=True), 1),
    "consistency": (diffusers.LCMScheduler(prediction_type="v_prediction"), 1),
    "consistency, 2 steps": (diffusers.LCMScheduler(prediction_type="v_prediction"), 2),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_depth_is_what_the_pipeline_predicts(name: str) -> None:
    """Of every kind of scheduler, at a size that is padded; a second look at it is the same."""
    scheduler, steps = SCHEDULERS[name]
    pipeline = marigold(scheduler)
    model = adapt_marigold(pipeline, steps=steps)
    expected = asked(pipeline, IMAGE, num_inference_steps=steps).prediction
    with torch.no_grad():
        found = model(IMAGE).depth
        assert torch.equal(model(IMAGE).depth, found)
    assert expected.std() > 0.05
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_the_noise_is_of_the_seed_alone() -> None:
    pipeline = marigold()
    model, other = adapt_marigold(pipeline), adapt_marigold(pipeline, noise_seed=7)
    state = torch.get_rng_state()
    with torch.no_grad():
        twice = model(torch.cat([IMAGE, IMAGE])).depth
        torch.testing.assert_close(twice[0], twice[1])
        torch.testing.assert_close(other(IMAGE).depth, asked(pipeline, IMAGE, generator=seeds(7)).prediction)
        assert torch.equal(model(IMAGE, noise_seed=7).depth, other(IMAGE).depth)
        assert (other(IMAGE).depth - twice[:1]).abs().mean() > 0.01
    assert torch.equal(torch.get_rng_state(), state)


def test_the_text_encoder_is_asked_as_the_pipeline_asks_it() -> None:
    pipeline = with_text(marigold())
    model = adapt_marigold(pipeline)
    assert not any("text_encoder" in name for name, _ in model.named_modules())
    with torch.no_grad():
        torch.testing.assert_close(model(IMAGE).depth, asked(pipeline, IMAGE).prediction)


def depth_of(pipeline: Any, image: Tensor) -> Tensor:
    """(B,1,H,W) of images whose sides are multiples of 8: the single step in closed form, with an ordinary graph."""
    seen = pipeline.vae.encode(2 * image - 1).latent_dist.mean * 0.18215
    start = torch.randn(seen.shape, generator=torch.Generator().manual_seed(0))
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alpha, last = (1 - betas).cumprod(0)[-1], 1 - betas[0]
    time = torch.tensor(999)
    v = pipeline.unet(torch.cat([seen, start], 1), time, encoder_hidden_states=pipeline.empty_text_embedding).sample
    clean, rest = alpha**0.5 * start - (1 - alpha) ** 0.5 * v, alpha**0.5 * v + (1 - alpha) ** 0.5 * start
    maps = pipeline.vae.decode((last**0.5 * clean + (1 - last) ** 0.5 * rest) / 0.18215).sample
    return (maps.mean(1, keepdim=True).clip(-1, 1) + 1) / 2


@pytest.mark.parametrize("layer", [AUTO, "vae.decoder.conv_norm_out", "unet.up_blocks.1.resnets.1"])
def test_gradients_are_those_of_ordinary_autograd(layer: str) -> None:
    pipeline, plain, image = marigold(), marigold(), noise(1, 48, 64)
    with torch.no_grad():
        reference = depth_of(plain, image.flip(-1)).flip(-1)
    kept: list[Tensor] = []
    root = nn.ModuleDict({"vae": plain.vae, "unet": plain.unet})
    handle = root.get_submodule(layer).register_forward_hook(lambda _, __, output: kept.append(output))  # pyright: ignore[reportArgumentType]
    loss = (depth_of(plain, image) - reference).square().mean()
    handle.remove()
    (expected,) = torch.autograd.grad(loss, kept)
    (found,) = GradientUncertainty(adapt_marigold(pipeline), layer).gradients(image, lambda gradient: gradient)
    torch.testing.assert_close(found.loss[0], loss.detach(), rtol=1e-4, atol=0)
    assert expected.abs().max() > 0
    torch.testing.assert_close(found.layers[layer], expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_layers() -> None:
    """The published position is the decoder's at 1/4 of the resolution; `coarse` takes those from the latents to it."""
    model = adapt_marigold(marigold())
    assert GradientUncertainty(model, "auto").layers == (AUTO,)
    assert GradientUncertainty(model, "coarse").layers == (COARSER, AUTO)
    shapes = {row.name: row.shape for row in list_layers(model, noise(1, 48, 64))}
    assert shapes[AUTO] == (8, 12, 16)
    assert shapes[COARSER] == (8, 6, 8)


def test_features_are_the_latents_of_the_depth() -> None:
    """Mirrored latents run the VAE's decoder alone; the loss is that of mirroring them by hand."""
    pipeline, image = marigold(), noise(1, 48, 64)
    calls: list[str] = []
    for name, part in (("unet", pipeline.unet), ("encoder", pipeline.vae.encoder), ("decoder", pipeline.vae.decoder)):
        part.register_forward_hook(lambda *_, name=name: calls.append(name))
    estimate = GradientUncertainty(adapt_marigold(pipeline), "auto", "feature_flip").estimate(image)
    assert sorted(calls) == ["decoder", "decoder", "encoder", "unet"]
    network = adapt_marigold(pipeline).module
    with torch.no_grad():
        latent = network.encode(2 * image - 1)  # pyright: ignore[reportCallIssue]
        depth, other = (network.decode(one) for one in (latent, latent.flip(-1)))  # pyright: ignore[reportCallIssue]
    torch.testing.assert_close(estimate.loss, (depth - other.flip(-1)).square().mean().view(1), rtol=1e-4, atol=0)
    assert estimate.uncertainty.min() < estimate.uncertainty.max()


def test_a_layer_that_runs_in_every_step_has_no_gradient() -> None:
    model = adapt_marigold(marigold(), steps=2)
    assert GradientUncertainty(model, "auto").estimate(IMAGE).uncertainty.isfinite().all()
    with pytest.raises(InputError, match=r"layer 'unet\.mid_block\.resnets\.0' runs twice"):
        GradientUncertainty(model, "unet.mid_block.resnets.0").estimate(IMAGE)


def test_a_clamped_output_has_no_gradient_and_no_nan() -> None:
    pipeline = marigold()
    pipeline.vae.decoder.conv_out.bias.data.fill_(1e6)
    with pytest.warns(UserWarning, match=r"at 100.0% of the pixels"):
        estimate = GradientUncertainty(adapt_marigold(pipeline), AUTO).estimate(IMAGE)
    assert (estimate.depth == 1).all()
    assert not estimate.valid.any()


def test_nothing_of_the_network_changes() -> None:
    pipeline = marigold()
    model = adapt_marigold(pipeline)
    for training in (False, True):
        before = fingerprint(model.train(training))
        GradientUncertainty(model, AUTO, ["flip", "feature_noise"]).estimate(IMAGE)
        assert fingerprint(model) == before
    assert pipeline.scheduler.num_inference_steps is None, "the pipeline's own scheduler has no state"


def test_half_precision() -> None:
    pipeline = marigold().to(torch.bfloat16)
    model = adapt_marigold(pipeline)
    estimate = GradientUncertainty(model, "auto").estimate(IMAGE)
    assert model.mean.dtype == torch.bfloat16
    assert estimate.uncertainty.isfinite().all()
    assert estimate.uncertainty.max() > 0
    expected = asked(pipeline, IMAGE).prediction.float()
    torch.testing.assert_close(estimate.depth.float(), expected, rtol=0, atol=0.05)


@pytest.mark.parametrize("size", [(480, 640), (333, 500), (96, 64), (30, 1000), (40, 40), (7, 9)])
def test_images_are_prepared_as_the_pipeline_does(size: tuple[int, int]) -> None:
    """Pixel by pixel, also of images of 8 bits, which are not rounded to 8 bits again."""
    levels = (noise(1, *size) * 255).round() / 255
    expected, _, _ = diffusers.pipelines.marigold.MarigoldImageProcessor(do_normalize=False).preprocess(levels, 64)
    preparation = adapt_marigold(marigold()).preparation
    assert preparation is not None
    found = preparation.prepared(levels)
    assert found.shape[-2:] == preparation.size_for(size)
    height, width = found.shape[-2:]
    torch.testing.assert_close(found, expected[..., :height, :width], rtol=0, atol=1e-6)
    assert expected.shape[-1] - width < 8


@pytest.mark.parametrize(
    ("options", "space"),
    [
        ({}, OutputSpace("depth", "affine")),
        ({"prediction_type": "disparity"}, OutputSpace("disparity", "affine")),
        ({"shift_invariant": False}, OutputSpace("depth", "scale")),
        ({"scale_invariant": False, "shift_invariant": False}, OutputSpace("depth", "metric")),
    ],
)
def test_what_the_numbers_mean(options: dict[str, Any], space: OutputSpace) -> None:
    assert adapt_marigold(marigold(**options)).output_space == space


def test_the_size_of_images() -> None:
    def preparation(resolution: int | None) -> Any:
        return adapt_marigold(marigold(default_processing_resolution=resolution)).preparation

    assert preparation(None) == ImagePreparation(768, 768, keep_aspect=True, inside=True, filter="bilinear_float")
    assert preparation(0).size_for((33, 44)) == (33, 44)
    assert str(preparation(64)) == "at most 64x64, in the image's shape, multiples of 1, bilinear_float"


def test_what_cannot_be_adapted() -> None:
    with pytest.raises(InputError, match=r"a SimpleNamespace has no vae; give a diffusers\.MarigoldDepthPipeline"):
        adapt_marigold(SimpleNamespace(unet=1))
    pipeline = marigold()
    with pytest.raises(InputError, match="steps=0 must be at least 1"):
        adapt_marigold(pipeline, steps=0)
    pipeline.empty_text_embedding = None
    with pytest.raises(InputError, match=r"no tokenizer and text encoder.*pipeline\.empty_text_embedding = "):
        adapt_marigold(pipeline)


def test_a_single_step_begins_where_noise_is_expected() -> None:
    pipeline = marigold()
    expected = adapt_marigold(pipeline)(IMAGE).depth
    pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, timestep_spacing="leading")
    with pytest.warns(UserWarning, match="timestep_spacing=trailing is used"):
        found = adapt_marigold(pipeline)(IMAGE).depth
    torch.testing.assert_close(found, expected)

"""Pipelines of Hugging Face diffusers that predict depth as depth models."""

import json
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from gradunc.advice import advise
from gradunc.errors import InputError
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.diffusion.files import PIPELINE_CLASS
from gradunc.models.adapters.diffusion.meaning import Meaning
from gradunc.models.adapters.diffusion.network import MarigoldNetwork
from gradunc.models.adapters.model import AdaptedModel
from gradunc.types import Size

HALF = (0.5, 0.5, 0.5)


LEADING = (
    "the scheduler spaces timesteps so that one step would begin at the end of the denoising; "
    "timestep_spacing=trailing is used, with which one step is a prediction"
)
"""Garcia et al. (WACV 2025)."""


def adapt_marigold(pipeline: Any, *, steps: int = 1, noise_seed: int = 0) -> AdaptedModel:
    """Make a depth model of Marigold: one prediction from fixed noise, through which gradients pass.

    It predicts what the pipeline does of an image that keeps its size, with
    `generator=torch.Generator().manual_seed(noise_seed)`, `ensemble_size=1` and `num_inference_steps=steps`. Layers are
    named as in the pipeline: "vae.decoder....", "unet....". Feature references change the latents of the depth, and run
    the VAE's decoder only. The estimator `noise_ensemble` asks for predictions from other noise.

    Args:
        pipeline: a `MarigoldDepthPipeline`, whose U-Net and VAE are shared. Its text encoder is asked once, unless its
            `empty_text_embedding` (1,T,C) is there.
        steps: of denoising. Layers of the U-Net run in each, so that their gradient needs one.
        noise_seed: of the noise.

    Raises:
        InputError: another pipeline, no text encoder where one is needed, or fewer than one step.
    """
    missing = [name for name in ("unet", "vae", "scheduler") if getattr(pipeline, name, None) is None]
    if missing:
        raise InputError(f"a {type(pipeline).__name__} has no {missing[0]}; give a diffusers.{PIPELINE_CLASS}")
    if steps < 1:
        raise InputError(f"adapt_marigold: steps={steps} must be at least 1")
    said = {name: pipeline.config.get(name) for name in asdict(Meaning())}
    text = getattr(pipeline, "empty_text_embedding", None)
    text = empty_text(pipeline.tokenizer, pipeline.text_encoder) if text is None else text
    scheduler = _trailing(pipeline.scheduler) if steps == 1 else pipeline.scheduler
    network = MarigoldNetwork(pipeline.unet, pipeline.vae, scheduler, text, steps)
    return adapted(network, Meaning(**said), noise_seed)


def _trailing(scheduler: Any) -> Any:
    """A scheduler whose only step begins where noise is expected; it is said if that is not the given one."""
    if type(scheduler).__name__ != "DDIMScheduler" or scheduler.config.timestep_spacing != "leading":
        return scheduler
    advise(LEADING)
    return type(scheduler).from_config(scheduler.config, timestep_spacing="trailing")


def empty_text(tokenizer: Any, encoder: Any) -> Tensor:
    """What a text encoder makes of the empty prompt, (1,T,C); asked as the pipeline does.

    Raises:
        InputError: one of both is missing.
    """
    if tokenizer is None or encoder is None:
        raise InputError(
            "the pipeline has no tokenizer and text encoder, of which the U-Net needs the empty prompt; give it their "
            "answer (1,T,C): pipeline.empty_text_embedding = ..."
        )
    tokens = tokenizer(
        "", padding="do_not_pad", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
    )
    with torch.no_grad():
        return encoder(tokens.input_ids.to(encoder.device))[0]


def adapted(network: MarigoldNetwork, meaning: Meaning, noise_seed: int = 0) -> AdaptedModel:
    """The depth model of a network whose numbers mean that."""
    model = adapt(
        network,
        lambda depth: depth,
        meaning.output_space,
        mean=HALF,
        std=HALF,
        multiple=network.multiple,
        encode=_encode,
        decode=_decode,
        auto_layer=network.auto_layer,
        backbone="unet",
        noise_seed=noise_seed,
        limits=(0.0, 1.0),
    )
    model.preparation = meaning.preparation
    parts = {name: _plain(getattr(network, name)) for name in ("unet", "vae", "scheduler")}
    model.origin = {
        "library": "diffusers",
        "class": PIPELINE_CLASS,
        "config": {**parts, "scheduler_class": type(network.scheduler).__name__, "steps": network.steps},
        "text": list(network.empty_text.shape),
        "meaning": asdict(meaning),
    }
    return model


def _encode(network: Any, image: Tensor, **inputs: Any) -> Tensor:
    return network.encode(image, **inputs)


def _decode(network: Any, latent: Tensor, _size: Size) -> Tensor:
    return network.decode(latent)


def _plain(part: Any) -> dict[str, Any]:
    """The config as JSON holds it, without versions and paths: the same from a checkpoint and from an export."""
    return {name: value for name, value in json.loads(part.to_json_string()).items() if not name.startswith("_")}

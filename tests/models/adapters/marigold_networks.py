"""Tiny Marigold pipelines with random weights: nothing of them is downloaded."""

from pathlib import Path
from typing import Any

import diffusers as library
import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

diffusers: Any = library
"""Its names are imported when they are used, which type checkers do not see."""
TEXT = 8
SCHEDULE: dict[str, Any] = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
}
"""That of Stable Diffusion 2, as Marigold uses it."""


def unet() -> Any:
    """Two levels, attention in the finer one."""
    return diffusers.UNet2DConditionModel(
        in_channels=8,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=TEXT,
        attention_head_dim=4,
        norm_num_groups=4,
    )


def vae() -> Any:
    """Four levels, as that of Stable Diffusion: latents at 1/8."""
    return diffusers.AutoencoderKL(
        block_out_channels=(4, 4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
    )


def marigold(scheduler: Any = None, **options: Any) -> Any:
    """A pipeline whose empty prompt is known; the same weights at every call; eval mode."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = unet().eval(), vae().eval(), scheduler or diffusers.DDIMScheduler(**SCHEDULE)
        text = torch.randn(1, 2, TEXT)
    told = {"prediction_type": "depth", "default_denoising_steps": 1, "default_processing_resolution": 64, **options}
    pipeline = diffusers.MarigoldDepthPipeline(*parts, None, None, **told)
    pipeline.empty_text_embedding = text
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def with_text(pipeline: Any) -> Any:
    """The same with a text encoder and a tokenizer of four words."""
    words = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2, "a": 3}
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=TEXT,
        intermediate_size=TEXT,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8,
        bos_token_id=0,
        eos_token_id=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        encoder = CLIPTextModel(config).eval()
    tokenizer = CLIPTokenizer(vocab=words, merges=[], model_max_length=8)
    pipeline.register_modules(text_encoder=encoder, tokenizer=tokenizer)
    pipeline.empty_text_embedding = None
    return pipeline


def saved(folder: Path, pipeline: Any = None, **options: Any) -> Path:
    """A folder of `save_pretrained`."""
    with_text(pipeline or marigold()).save_pretrained(folder, **options)
    return folder


def seeds(*numbers: int) -> list[torch.Generator]:
    """Generators of these seeds."""
    return [torch.Generator().manual_seed(number) for number in numbers]


def asked(pipeline: Any, image: Tensor, **options: Any) -> Any:
    """What the pipeline itself says of images (B,3,H,W) at their own size, from the noise of seed 0."""
    given = {
        "num_inference_steps": 1,
        "processing_resolution": 0,
        "generator": seeds(*[0] * len(image)),
        "output_type": "pt",
    }
    return pipeline(image, **(given | options))

"""Marigold as one module: the VAE's encoder, a U-Net that denoises, and the VAE's decoder (docs/methods.md A.10)."""

import math
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn

CELL = 4
"""Pixels along a side of a cell at the published position, see `auto_layer`."""


class MarigoldNetwork(nn.Module):
    """Image (B,3,H,W) in [-1,1] -> depth (B,1,H,W) in [0,1], near 0.

    The same arithmetic as diffusers' `MarigoldDepthPipeline` with one member, but for its `torch.no_grad`.

    Args:
        unet: `UNet2DConditionModel`: latents of the image and of the depth, one above the other -> what the scheduler
            takes.
        vae: `AutoencoderKL`.
        scheduler: of diffusers; decides timesteps, and what the U-Net predicts.
        empty_text: (1,T,C) what the text encoder makes of the empty prompt.
        steps: of denoising.
    """

    empty_text: Tensor

    def __init__(self, unet: Any, vae: Any, scheduler: Any, empty_text: Tensor, steps: int = 1) -> None:
        super().__init__()
        self.unet, self.vae, self.scheduler, self.steps = unet, vae, scheduler, steps
        self.register_buffer("empty_text", empty_text.detach().clone())

    @property
    def multiple(self) -> int:
        """Pixels along a side of a cell of the latents."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    @property
    def auto_layer(self) -> str:
        """The VAE's decoder at 1/4 of the resolution, before it is upsampled."""
        block = max(0, int(math.log2(self.multiple / CELL)))
        return f"vae.decoder.up_blocks.{block}.resnets.{len(self.vae.decoder.up_blocks[block].resnets) - 1}"

    def encode(self, image: Tensor, noise_seed: int = 0) -> Tensor:
        """Latents (B,4,H/8,W/8) of the depth.

        Args:
            image: (B,3,H,W), sides multiples of `multiple`.
            noise_seed: of the noise that the denoising starts from, and of what the scheduler draws: the same for every
                image of a size, so that none depends on its neighbours.
        """
        # Timesteps are a state of the scheduler, which threads may share.
        scheduler, generators = copy(self.scheduler), [torch.Generator().manual_seed(noise_seed) for _ in image]
        seen = self.vae.encode(image).latent_dist.mode() * self.vae.config.scaling_factor
        latent = torch.cat([_noise(seen[:1], generator) for generator in generators])
        text = self.empty_text.to(seen.dtype).expand(len(image), -1, -1)
        scheduler.set_timesteps(self.steps)  # on the CPU, where its tables are
        for time in scheduler.timesteps:
            said = self.unet(torch.cat([seen, latent], 1), time, encoder_hidden_states=text, return_dict=False)[0]
            latent = scheduler.step(said, time, latent, generator=generators).prev_sample
        return latent

    def decode(self, latent: Tensor) -> Tensor:
        """Depth (B,1,H,W) of its latents; where it is clamped to [0,1] no gradient passes."""
        maps = self.vae.decode(latent / self.vae.config.scaling_factor, return_dict=False)[0]
        return (maps.mean(1, keepdim=True).clamp(-1, 1) + 1) / 2

    def forward(self, image: Tensor, noise_seed: int = 0) -> Tensor:
        """Depth (B,1,H,W) of an image; arguments as for `encode`."""
        return self.decode(self.encode(image, noise_seed))


def _noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal numbers, drawn on the CPU: the same on every device, and those that diffusers draws."""
    return torch.randn(like.shape, generator=generator, dtype=like.dtype).to(like.device)

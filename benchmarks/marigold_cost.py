"""What estimates cost on Marigold, in its forward passes, by operations: shapes without values, so no weights needed.

    python benchmarks/marigold_cost.py [--size 576x768]

The network is that of Stable Diffusion 2 with eight channels in, as Marigold has it.
"""

import argparse
from typing import Any

import diffusers as library
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gradunc.models.adapters.diffusion.network import MarigoldNetwork
from gradunc.uncertainty.gradient.capture import backpropagate, capture
from gradunc.uncertainty.gradient.recording import Recording

diffusers: Any = library
"""Its names are imported when they are used, which type checkers do not see."""


def marigold() -> MarigoldNetwork:
    """Shapes without values."""
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel(
            in_channels=8,
            out_channels=4,
            block_out_channels=(320, 640, 1280, 1280),
            attention_head_dim=(5, 10, 20, 20),
            cross_attention_dim=1024,
            use_linear_projection=True,
        )
        vae = diffusers.AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        )
    scheduler = diffusers.DDIMScheduler(prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False)
    return MarigoldNetwork(unet, vae, scheduler, torch.zeros(1, 2, 1024, device="meta")).eval()


def backward(network: MarigoldNetwork, latent: torch.Tensor, layers: tuple[str, ...]) -> int:
    """Operations of the decoder's backward pass from the depth to the first of some layers."""
    with capture(network, layers) as captured, torch.no_grad(), Recording():
        depth = network.decode(latent)
    with torch.enable_grad():
        loss = depth.square().mean((1, 2, 3))
    with FlopCounterMode(display=False) as counter:
        backpropagate(loss, captured, lambda gradient: gradient)
    return counter.get_total_flops()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="576x768")
    height, width = (int(side) for side in parser.parse_args().size.split("x"))
    network, image = marigold(), torch.zeros(1, 3, height, width, device="meta")
    weights = {"U-Net": network.unet, "VAE": network.vae}
    for name, part in weights.items():
        assert isinstance(part, nn.Module)
        print(f"{name}: {sum(one.numel() for one in part.parameters()) / 1e6:.1f} million weights")
    parts: dict[str, int] = {}
    with torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            network.vae.encode(image)
        parts["VAE encoder"] = counter.get_total_flops()
        with FlopCounterMode(display=False) as counter:
            latent = network.encode(image)
        parts["U-Net, one step"] = counter.get_total_flops() - parts["VAE encoder"]
        with FlopCounterMode(display=False) as counter:
            network.decode(latent)
        parts["VAE decoder"] = counter.get_total_flops()
    whole = sum(parts.values())
    auto = network.auto_layer
    coarse = (auto.replace("up_blocks.1", "up_blocks.0"), auto)
    parts[f"backward to {auto}"] = backward(network, latent, (auto,))
    parts[f"backward to {coarse[0]}"] = backward(network, latent, coarse)
    print(f"{height}x{width}: a forward pass has {whole / 1e12:.2f} Tera operations")
    for name, count in parts.items():
        print(f"{name}: {count / whole:.2f}")


if __name__ == "__main__":
    main()

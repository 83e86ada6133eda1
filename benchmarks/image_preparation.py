"""What the preparation of images does to a network of Hugging Face: its own image processor, and our usual resize.

GRADUNC_DATA=DATA python benchmarks/image_preparation.py [IMAGES]

A Depth Anything of random weights, of the size of the small one, sees photos and noise in three ways: as its image
processor prepares them, as `predict` does, and resized bilinearly. The processor is that of the published networks.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config, DPTImageProcessor

from gradunc import adapt_huggingface
from gradunc.data.image_files import read_image, resize_image
from gradunc.models.adapters.huggingface.processor import from_processor
from gradunc.prediction.network import shown_to_network

PROCESSOR = DPTImageProcessor(
    size={"height": 518, "width": 518},
    keep_aspect_ratio=True,
    ensure_multiple_of=14,
    resample=3,
    image_mean=[0.485, 0.456, 0.406],
    image_std=[0.229, 0.224, 0.225],
)
STAGES = ["stage3", "stage6", "stage9", "stage12"]


def network() -> DepthAnythingForDepthEstimation:
    """The small Depth Anything, random."""
    torch.manual_seed(0)
    size: dict[str, Any] = {"hidden_size": 384, "num_attention_heads": 6, "num_hidden_layers": 12}
    taps: dict[str, Any] = {"out_features": STAGES, "reshape_hidden_states": False}
    backbone = Dinov2Config(image_size=518, patch_size=14, **size, **taps)
    found = DepthAnythingForDepthEstimation(DepthAnythingConfig(backbone_config=backbone)).eval()
    for parameter in found.parameters():
        if parameter.ndim >= 2:
            torch.nn.init.normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5)
    torch.nn.init.constant_(found.head.conv3.get_parameter("bias"), 1.0)  # away from the ReLU's zeros
    return found


def by_library(image: Tensor) -> Tensor:
    """(1,3,h,w) in [0,1] of an image (3,H,W), as the image processor of the network makes it."""
    pixels = image.mul(255).round().to(torch.uint8).movedim(0, -1).numpy()
    made: Any = PROCESSOR(images=pixels, return_tensors="pt")["pixel_values"]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (PROCESSOR.image_mean, PROCESSOR.image_std))
    return made * std + mean


def sources(data: Path, count: int) -> dict[str, list[Tensor]]:
    """Kind -> images (3,H,W)."""
    found = {
        "frames": sorted(data.glob("frames/*/images/*"))[:: max(1, 30 // count)][:count],
        "aloe": sorted(one for one in data.glob("aloe/*") if one.name in ("aloeL.jpg", "aloeL.png"))[:1],
        "redkitchen": sorted(data.glob("redkitchen/**/*.color.*"))[: max(1, count // 3)],
    }
    noise = [torch.from_numpy(np.random.default_rng(i).integers(0, 256, (3, 480, 640))).float() / 255 for i in (0, 1)]
    return {kind: [read_image(path) for path in paths] for kind, paths in found.items() if paths} | {"noise": noise}


def main(count: int) -> None:
    model = adapt_huggingface(network())
    told = from_processor(PROCESSOR.to_dict()).resize
    rows = "| images | way | pixels, mean | pixels, largest | depth, mean | depth, largest |"
    print(rows, "|---|---|---|---|---|---|", sep="\n")
    for kind, images in sources(Path(os.environ["GRADUNC_DATA"]), count).items():
        differences: dict[str, list[list[float]]] = {"predict": [], "bilinear": [], "stretched to 518x518": []}
        for image in images:
            true = by_library(image)
            size = (true.shape[-2], true.shape[-1])
            ways = {"predict": shown_to_network(image[None], told), "bilinear": resize_image(image[None], size)}
            with torch.inference_mode():
                expected = model(true).depth
                spread = float(expected.std())
                for way, pixels in ways.items():
                    off = (model(pixels).depth - expected).abs() / spread
                    of_pixels = (pixels - true).abs()
                    numbers = (of_pixels.mean(), of_pixels.max(), off.mean(), off.max())
                    differences[way].append([float(one) for one in numbers])
                depth = model(resize_image(image[None], (518, 518))).depth
                off = (model.resize_depth(depth, size) - expected).abs() / spread
            differences["stretched to 518x518"].append([float("nan")] * 2 + [float(off.mean()), float(off.max())])
        for way, numbers in differences.items():
            mean = np.mean(numbers, 0)[[0, 2]]
            most = np.max(numbers, 0)[[1, 3]]
            pixels = "| |" if np.isnan(mean[0]) else f"{mean[0]:.4f} | {most[0]:.3f} |"
            print(f"| {len(images)} {kind} | {way} | {pixels} {mean[1]:.4f} | {most[1]:.3f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

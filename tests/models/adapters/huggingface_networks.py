"""Tiny Hugging Face depth networks with random weights."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    BeitConfig,
    BitConfig,
    CHMv2Config,
    CHMv2ForDepthEstimation,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    DepthProConfig,
    DepthProForDepthEstimation,
    Dinov2Config,
    DINOv3ViTConfig,
    DPTConfig,
    DPTForDepthEstimation,
    GLPNConfig,
    GLPNForDepthEstimation,
    PromptDepthAnythingConfig,
    PromptDepthAnythingForDepthEstimation,
    Swinv2Config,
    Tipsv2DptConfig,
    Tipsv2DptForDepthEstimation,
    Tipsv2VisionConfig,
    ZoeDepthConfig,
    ZoeDepthForDepthEstimation,
)

STAGES = ["stage1", "stage2", "stage3", "stage4"]
NECK = {"neck_hidden_sizes": [4, 6, 8, 10], "fusion_hidden_size": 8}
VIT = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2}
TOKENS = {"out_features": STAGES, "reshape_hidden_states": False}

FLAT = {"reshape_hidden_states": False}


def seeded(network: nn.Module) -> nn.Module:
    """Weights that let the image through, the same at every call; eval mode."""
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        if parameter.ndim >= 2:
            fan = max(1, parameter[0].numel())
            parameter.data = torch.randn(parameter.shape, generator=generator) * (2 / fan) ** 0.5
    return network.eval()


def depth_anything(kind: str = "relative") -> nn.Module:
    backbone = Dinov2Config(image_size=56, patch_size=14, **VIT, **TOKENS)
    config = DepthAnythingConfig(
        backbone_config=backbone,
        patch_size=14,
        reassemble_hidden_size=16,
        head_hidden_size=6,
        depth_estimation_type=kind,
        max_depth=1 if kind == "relative" else 80,
        **NECK,
    )
    return seeded(DepthAnythingForDepthEstimation(config))


def dpt() -> nn.Module:
    config = DPTConfig(
        image_size=64, patch_size=16, intermediate_size=32, backbone_out_indices=[0, 1, 2, 3], **VIT, **NECK
    )
    return seeded(DPTForDepthEstimation(config))


def dpt_hybrid() -> nn.Module:
    backbone = BitConfig(
        global_padding="same",
        layer_type="bottleneck",
        depths=[1, 1, 1],
        out_features=STAGES[:3],
        embedding_dynamic_padding=True,
        hidden_sizes=[8, 16, 32],
        embedding_size=8,
        num_groups=2,
    )
    config = DPTConfig(
        image_size=64,
        patch_size=16,
        intermediate_size=32,
        backbone_out_indices=[0, 1, 2, 3],
        is_hybrid=True,
        backbone_config=backbone,
        backbone_featmap_shape=[1, 32, 4, 4],
        **VIT,
        **(NECK | {"neck_hidden_sizes": [8, 16, 8, 10]}),
    )
    return seeded(DPTForDepthEstimation(config))


def dpt_swin() -> nn.Module:
    backbone = Swinv2Config(
        image_size=64, patch_size=4, embed_dim=8, depths=[1] * 4, num_heads=[1, 1, 2, 2], window_size=4,
        out_features=STAGES,
    )  # fmt: skip
    config = DPTConfig(backbone_config=backbone, **(NECK | {"neck_hidden_sizes": [8, 16, 32, 64]}))
    return seeded(DPTForDepthEstimation(config))


def dpt_dinov2() -> nn.Module:
    backbone = Dinov2Config(image_size=56, patch_size=14, **VIT, **TOKENS)
    return seeded(DPTForDepthEstimation(DPTConfig(backbone_config=backbone, **NECK)))


def zoedepth(heads: int = 1) -> nn.Module:
    backbone = BeitConfig(
        image_size=64, patch_size=16, intermediate_size=32, use_relative_position_bias=True, **VIT, **TOKENS
    )
    ranges = {"nyu": 10.0, "kitti": 80.0}
    bins = [{"name": name, "n_bins": 8, "min_depth": 1e-3, "max_depth": far} for name, far in ranges.items()]
    config = ZoeDepthConfig(
        backbone_config=backbone,
        bottleneck_features=8,
        num_relative_features=4,
        num_attractors=[4, 2, 2, 1],
        bin_embedding_dim=8,
        bin_configurations=bins[:heads],
        num_patch_transformer_layers=4,
        patch_transformer_hidden_size=128,
        patch_transformer_intermediate_size=8,
        patch_transformer_num_attention_heads=2,
        **NECK,
    )
    return seeded(ZoeDepthForDepthEstimation(config))


def glpn() -> nn.Module:
    config = GLPNConfig(
        depths=[1] * 4, hidden_sizes=[8, 8, 16, 16], num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=8
    )
    return seeded(GLPNForDepthEstimation(config))


def depth_pro(view: bool = True) -> nn.Module:
    """Takes images of 128x128; its patches have 32x32 pixels."""
    encoders = [
        Dinov2Config(image_size=32, patch_size=16, **(VIT | {"num_hidden_layers": 2}))
        for _ in ("image", "patch", "view")
    ]
    config = DepthProConfig(
        patch_size=32,
        image_model_config=encoders[0],
        patch_model_config=encoders[1],
        fov_model_config=encoders[2],
        fusion_hidden_size=16,
        intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[12, 16],
        scaled_images_feature_dims=[16, 12, 8],
        use_fov_model=view,
    )
    network: Any = seeded(DepthProForDepthEstimation(config))
    # Away from the bounds of the inverse depth, and a field of view near 50 degrees.
    network.head.layers[4].bias.data.fill_(2.0)
    if view:
        network.fov_model.head.layers[-1].weight.data.fill_(5.0)
        network.fov_model.head.layers[-1].bias.data.fill_(50.0)
    return network


def prompt_depth_anything() -> nn.Module:
    backbone = Dinov2Config(image_size=56, patch_size=14, **VIT, **TOKENS)
    config = PromptDepthAnythingConfig(
        backbone_config=backbone, patch_size=14, reassemble_hidden_size=16, head_hidden_size=6, **NECK
    )
    return seeded(PromptDepthAnythingForDepthEstimation(config))


def chmv2() -> nn.Module:
    """A network that is known by its name only; its depth is the height of trees [m]."""
    backbone = DINOv3ViTConfig(
        image_size=64,
        patch_size=16,
        intermediate_size=32,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=True,
        return_class_token=True,
        **VIT,
    )
    config = CHMv2Config(
        backbone_config=backbone,
        patch_size=16,
        post_process_channels=[4, 6, 8, 10],
        fusion_hidden_size=8,
        head_hidden_size=6,
        number_output_channels=8,
    )
    return seeded(CHMv2ForDepthEstimation(config))


def tipsv2() -> nn.Module:
    """A network that is known by its name only; it answers at 8/14 of the resolution."""
    backbone = Tipsv2VisionConfig(image_size=56, patch_size=14, out_indices=[1, 2, 3, 4], **VIT, **FLAT)
    config = Tipsv2DptConfig(
        backbone_config=backbone, neck_hidden_sizes=[4, 6, 8, 10], fusion_hidden_size=8, num_depth_bins=8
    )
    return seeded(Tipsv2DptForDepthEstimation(config))


def kept_outputs(network: nn.Module, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Register plain hooks that keep the first tensor of each layer's output; the dict fills in the forward pass."""
    kept: dict[str, Tensor] = {}

    def keep(name: str, output: object) -> None:
        kept[name] = output[0] if isinstance(output, tuple) else output

    for name in names:
        network.get_submodule(name).register_forward_hook(lambda _m, _a, output, name=name: keep(name, output))
    return kept

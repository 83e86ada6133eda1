"""Tiny Hugging Face depth networks with random weights."""

import torch
from torch import Tensor, nn
from transformers import (
    BeitConfig,
    BitConfig,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTConfig,
    DPTForDepthEstimation,
    GLPNConfig,
    GLPNForDepthEstimation,
    Swinv2Config,
    ZoeDepthConfig,
    ZoeDepthForDepthEstimation,
)

STAGES = ["stage1", "stage2", "stage3", "stage4"]
NECK = {"neck_hidden_sizes": [4, 6, 8, 10], "fusion_hidden_size": 8}
VIT = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2}
TOKENS = {"out_features": STAGES, "reshape_hidden_states": False}


def seeded(network: nn.Module) -> nn.Module:
    """Weights that let the image through, the same at every call; eval mode."""
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        if parameter.ndim >= 2:
            fan = parameter[0].numel()
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


def kept_outputs(network: nn.Module, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Register plain hooks that keep the first tensor of each layer's output; the dict fills in the forward pass."""
    kept: dict[str, Tensor] = {}

    def keep(name: str, output: object) -> None:
        kept[name] = output[0] if isinstance(output, tuple) else output

    for name in names:
        network.get_submodule(name).register_forward_hook(lambda _m, _a, output, name=name: keep(name, output))
    return kept

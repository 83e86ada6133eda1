"""RT-MonoDepth-S: its builder and the files in which its weights are published. Facts: docs/checkpoints.md."""

import re

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families.family import Family, Files, PublishedWeights, Variant, Weights
from gradunc.models.families.rt_monodepth_s.network import RTMonoDepthDecoder, RTMonoDepthEncoder
from gradunc.models.families.rt_monodepth_s.settings import RTMonoDepthSSettings
from gradunc.models.parts.heads import head_of
from gradunc.models.parts.published import as_published, tensors


def build(settings: RTMonoDepthSSettings) -> EncoderDecoder:
    """Encoder, decoder and head."""
    return EncoderDecoder(RTMonoDepthEncoder(), RTMonoDepthDecoder(settings.dropout), head_of(settings), settings)


def recognise(files: Files) -> bool:
    """Whether the keys are those of its encoder and of its decoder."""
    return "convs.0.0.weight" in files["encoder.pth"] and "decoder.8.conv3.weight" in files["depth.pth"]


def settings(files: Files, head: str) -> RTMonoDepthSSettings:
    """Settings that fit: size from `height` and `width`."""
    return RTMonoDepthSSettings("rt_monodepth_s", **as_published(files["encoder.pth"], head))


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    renamed: Weights = {"encoder." + key: value for key, value in tensors(files["encoder.pth"]).items()}
    for key, value in tensors(files["depth.pth"]).items():
        match = re.fullmatch(r"decoder\.(\d+)\.conv(3?)\.(weight|bias)", key)
        if match and not match[2]:
            renamed[f"decoder.blocks.{match[1]}.conv.{match[3]}"] = value
        elif match:
            renamed[f"decoder.heads.{int(match[1]) - 8}.{match[3]}"] = value
        else:
            renamed[key] = value
    return renamed


VARIANTS = {"rt_monodepth_s": Variant("RT-MonoDepth-S", {}, "non-commercial use only")}
RT_MONODEPTH_S = Family(
    build,
    PublishedWeights(
        "RT-MonoDepth-S", ("encoder.pth", "depth.pth"), recognise, settings, convert, VARIANTS, "rt_monodepth_s"
    ),
)

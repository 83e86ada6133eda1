"""Depth networks by name. A new network is one builder and one line here."""

from collections.abc import Callable
from typing import Literal, cast

import torch
from torch import nn

from gradunc.errors import InputError, unknown
from gradunc.models.decoders.monodepth2 import Monodepth2Decoder
from gradunc.models.decoders.rt_monodepth import RTMonoDepthDecoder, RTMonoDepthEncoder
from gradunc.models.depth import DepthModel
from gradunc.models.encoders import TimmEncoder
from gradunc.models.heads import DisparityHead, Head, LinearDepthHead
from gradunc.models.settings import ModelSettings
from gradunc.types import OutputSpace


def _head(settings: ModelSettings) -> Head:
    if settings.head == "depth":
        return LinearDepthHead()
    ambiguity = cast(Literal["metric", "scale", "affine"], settings.ambiguity)
    return DisparityHead(settings.min_depth, settings.max_depth, OutputSpace("depth", ambiguity))


def _monodepth2(settings: ModelSettings) -> DepthModel:
    encoder = TimmEncoder(settings.encoder, settings.pretrained, (settings.size[0], settings.size[1]))
    decoder = Monodepth2Decoder(encoder.channels, settings.decoder_channels, settings.uncertainty_head)
    return DepthModel(encoder, decoder, _head(settings), settings)


def _rt_monodepth_s(settings: ModelSettings) -> DepthModel:
    if settings.uncertainty_head:
        raise InputError("rt_monodepth_s has no uncertainty head; set model.uncertainty_head=false")
    return DepthModel(RTMonoDepthEncoder(), RTMonoDepthDecoder(), _head(settings), settings)


MODELS: dict[str, Callable[[ModelSettings], DepthModel]] = {
    "monodepth2": _monodepth2,
    "rt_monodepth_s": _rt_monodepth_s,
}


def build_model(settings: ModelSettings) -> DepthModel:
    """A depth network with fresh (or pretrained encoder) weights, in the layout in which convolutions run fastest.

    Raises:
        InputError: an unknown name or a value out of range.
    """
    settings.check()
    if settings.architecture not in MODELS:
        raise unknown("model.architecture", settings.architecture, MODELS)
    model = MODELS[settings.architecture](settings)
    if settings.initial_depth is not None:
        _start_at(model, settings.initial_depth)
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def _start_at(model: DepthModel, depth: float) -> None:
    """Set the heads' bias so that an untrained network predicts about `depth` metres everywhere."""
    heads = model.decoder.heads
    assert isinstance(heads, nn.ModuleList)
    for head in heads:
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        torch.nn.init.constant_(head.bias, model.head.bias(depth))

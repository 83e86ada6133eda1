"""What a family of depth networks consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families import FAMILIES
from gradunc.models.settings import ModelSettings
from gradunc.registry import implementation_of, settings_of

Weights = dict[str, Tensor]
Files = Mapping[str, Mapping[str, Any]]
"""Name of a published file -> its content: tensors, and numbers beside them."""


@dataclass(frozen=True)
class PublishedWeights:
    """The files in which others publish weights of a family."""

    title: str
    """For messages."""
    files: tuple[str, ...]
    """Their names in one folder."""
    recognise: Callable[[Files], bool]
    """Whether the keys are this family's."""
    settings: Callable[[Files, str], ModelSettings]
    """Files and head ("disparity" or "depth", which no file says) -> the network that fits."""
    convert: Callable[[Files], Weights]
    """Files -> a state dict under our names; keys that are not known keep theirs."""

    __repr__ = brief_repr


@dataclass(frozen=True)
class Family:
    """A family of depth networks."""

    build: Callable[[Any], EncoderDecoder]
    """Settings of the family, checked -> a network with fresh weights, or with those of a pretrained encoder."""
    published: PublishedWeights | None = None
    """None: nobody publishes weights, or they are not read."""


def family_of(architecture: str) -> Family:
    """The family of that name; `InputError` for an unknown one."""
    return implementation_of(FAMILIES, architecture, "model.architecture")


def settings_class(architecture: str) -> type[ModelSettings]:
    """The settings of the family of that name; `InputError` for an unknown one."""
    return settings_of(FAMILIES, architecture, "model.architecture")

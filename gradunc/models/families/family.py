"""What a family of depth networks consists of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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


ONE_FILE = ""
"""The name in `Files` of a network that is published as one file, which may have any name."""


@dataclass(frozen=True)
class Variant:
    """One of several networks whose files have the same keys: what `network=` chooses."""

    title: str
    """What it is, for people."""
    settings: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] = field(default_factory=dict)
    """What no key says of it; it may depend on what they say."""
    licence: str | Callable[[ModelSettings], str] = ""
    """Of the weights; it may depend on their size. "" = unknown."""
    names: str = "(?!)"
    """Pattern of the names, in small letters, under which exactly this one is published."""
    factor: float = 1.0
    """What published programs multiply the output by behind the network; the last convolution takes it over."""


@dataclass(frozen=True)
class PublishedWeights:
    """The files in which others publish weights of a family."""

    title: str
    """For messages."""
    files: tuple[str, ...]
    """Their names in one folder; none: one file of any name, which is `ONE_FILE`."""
    recognise: Callable[[Files], bool]
    """Whether the keys are this family's."""
    settings: Callable[[Files, str], ModelSettings]
    """Files and head ("disparity" or "depth", which no file says) -> the network that fits."""
    convert: Callable[[Files], Weights]
    """Files -> a state dict under our names; keys that are not known keep theirs."""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """Name for `network=` -> one of the networks that look alike; none: there is but one."""
    default: str | None = None
    """The variant if neither the user nor the name of the file says which; None: it is not guessed."""

    __repr__ = brief_repr


@dataclass(frozen=True)
class Family:
    """A family of depth networks."""

    build: Callable[[Any], EncoderDecoder]
    """Settings of the family, checked -> a network with fresh weights, or with those of a pretrained encoder."""
    published: PublishedWeights | None = None
    """None: nobody publishes weights, or they are not read."""
    others: tuple[PublishedWeights, ...] = ()
    """Further layouts of files whose networks are of the family."""


def layouts() -> Iterator[PublishedWeights]:
    """Everything published that some family reads."""
    for name in FAMILIES:
        family = family_of(name)
        if family.published is not None:
            yield family.published
        yield from family.others


def family_of(architecture: str) -> Family:
    """The family of that name; `InputError` for an unknown one."""
    return implementation_of(FAMILIES, architecture, "model.architecture")


def settings_class(architecture: str) -> type[ModelSettings]:
    """The settings of the family of that name; `InputError` for an unknown one."""
    return settings_of(FAMILIES, architecture, "model.architecture")

"""Which of the networks whose keys are the same a file holds: the user says it, or the published name of the file."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from gradunc.errors import InputError, unknown
from gradunc.models.families.family import PublishedWeights, Variant, layouts
from gradunc.models.settings import ModelSettings


@dataclass(frozen=True)
class Told:
    """What a user says of a file that does not say it."""

    network: str | None = None
    """A name of `networks()`."""
    head: str | None = None
    """"disparity" or "depth"."""
    max_depth: float | None = None
    """Depth at the end of the range of a head that has one [m]."""


def networks() -> dict[str, Variant]:
    """All names that `network=` takes."""
    return {name: variant for layout in layouts() for name, variant in layout.variants.items()}


class Choice(NamedTuple):
    """A network, as far as it is not in the weights."""

    settings: ModelSettings
    factor: float
    """Of the last convolution."""
    text: str
    """What to tell of it."""


def chosen(known: PublishedWeights, settings: ModelSettings, path: Path, told: Told) -> Choice:
    """The variant, which the user or the name of the file says.

    Args:
        known: the layout that the keys are of.
        settings: as far as the keys say them.
        path: of the file or folder; its name may say which variant it is.
        told: what the user says.

    Raises:
        InputError: a name of another layout, one that contradicts the file's, none where the keys leave a choice, or a
            head that it has not.
    """
    name, by = _name(known, path, told)
    variant = known.variants.get(name or "", Variant(known.title))
    settings = replace(settings, **(variant.settings(settings) if callable(variant.settings) else variant.settings))
    if told.head not in (None, settings.head):
        raise InputError(f"{variant.title} has the head '{settings.head}'; omit head={told.head}")
    if told.max_depth is not None:
        if "max_depth" not in settings.head_facts.range:
            raise InputError(f"{variant.title} has no greatest depth; omit max_depth={told.max_depth:g}")
        settings = replace(settings, max_depth=float(told.max_depth))
    licence = variant.licence(settings) if callable(variant.licence) else variant.licence
    settings = replace(settings, licence=licence or None)
    text = f"{variant.title} ({settings.title()}, model.head={settings.head}{by})"
    return Choice(settings, variant.factor, f"{text}; {licence_text(licence)}")


def licence_text(licence: str | None) -> str:
    """What to tell of the licence of weights; "non-commercial" stands in those that are."""
    return f"licence of the weights: {licence or 'unknown, ask who published them'}"


def _name(known: PublishedWeights, path: Path, told: Told) -> tuple[str | None, str]:
    """The name of the variant, and what says so."""
    stem = path.stem.lower()
    named = next((name for name, one in known.variants.items() if re.fullmatch(one.names, stem)), None)
    if told.network is not None:
        if told.network not in known.variants:
            if told.network not in networks():
                raise unknown("network", told.network, known.variants or networks())
            raise InputError(f"its keys are those of {known.title}, not of network={told.network}")
        if named not in (None, told.network):
            raise InputError(f"it has the published name of {named}; omit network={told.network}, or rename the file")
        return told.network, ", as network= says"
    if named is not None:
        return named, ", by the name of the file"
    if known.variants and known.default is None:
        raise InputError(
            f"its keys fit several networks, and its name says nothing; set network= to one of "
            f"{', '.join(known.variants)}"
        )
    return known.default, ""

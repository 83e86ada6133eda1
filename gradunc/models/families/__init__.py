"""Families of depth networks by name. A new one is a folder beside these, and one line here."""

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """Import paths of a family, so that --help and a typo need no torch."""

    settings: str
    """Its options, a subclass of `ModelSettings` (`gradunc/models/settings.py`)."""
    family: str
    """A `Family` (`gradunc/models/families/family.py`): its builder and its published weights."""


FAMILIES: dict[str, Entry] = {
    "monodepth2": Entry(
        "gradunc.models.families.monodepth2.settings:Monodepth2Settings",
        "gradunc.models.families.monodepth2.family:MONODEPTH2",
    ),
    "rt_monodepth_s": Entry(
        "gradunc.models.families.rt_monodepth_s.settings:RTMonoDepthSSettings",
        "gradunc.models.families.rt_monodepth_s.family:RT_MONODEPTH_S",
    ),
}
"""`model.architecture` -> the family."""


def settings_paths() -> Mapping[str, str]:
    """Architecture -> import path of its settings."""
    return {name: entry.settings for name, entry in FAMILIES.items()}

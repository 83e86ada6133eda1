"""Settings of the NeWCRFs family."""

from dataclasses import dataclass

from gradunc.models.families.window_settings import WindowSettings
from gradunc.options import option


@dataclass
class NeWCRFsSettings(WindowSettings):
    """A Swin transformer and conditional random fields within windows; the defaults are the published network."""

    architecture: str = option("newcrfs", "network family, a name of the registry FAMILIES")

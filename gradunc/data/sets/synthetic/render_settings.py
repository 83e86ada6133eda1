"""What decides on the pixels of a rendered sample."""

from dataclasses import dataclass

from gradunc.errors import InputError


@dataclass(frozen=True)
class RenderSettings:
    """Size, seed and switches of the procedural street.

    Not the options of data=synthetic, which also count scenes and leave the size to the network: these values, and no
    others, are the key of the cache, since every one of them changes the images.
    """

    height: int = 96
    """Rows of the images, at least 16."""
    width: int = 320
    """Columns of the images, at least 16."""
    seed: int = 0
    """The world's seed; the splits of one seed share no scene."""
    moving_objects: bool = True
    """Cars that drive on their own; without them the rest of the scene stays as it is."""
    shadows: bool = True
    """Shadows cast by objects and facades."""
    frames_per_scene: int = 4
    """Target views per scene, spread evenly along the camera's way."""
    baseline: float = 0.54
    """Distance of the right camera from the left one [m]."""

    def __post_init__(self) -> None:
        """Raises InputError for a value that cannot be rendered."""
        for name in ("height", "width"):
            if getattr(self, name) < 16:
                raise InputError(f"synthetic {name} is {getattr(self, name)}; it must be at least 16 pixels")
        if self.frames_per_scene < 1:
            raise InputError(f"synthetic frames_per_scene is {self.frames_per_scene}; it must be at least 1")
        if self.seed < 0:
            raise InputError(f"synthetic seed is {self.seed}; it must not be negative")
        if not 0.0 < self.baseline <= 0.8:
            # A wider pair would put the right camera inside the cars parked along the lane.
            raise InputError(f"synthetic baseline is {self.baseline}; it must be in (0, 0.8] metres")

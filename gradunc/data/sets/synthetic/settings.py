"""The options of data=synthetic."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_COUNT, SEED, option


@dataclass
class SyntheticSettings:
    """The procedural street."""

    train_scenes: int = option(200, "scenes to train on", rule=POSITIVE_COUNT)
    val_scenes: int = option(10, "scenes to validate on", rule=POSITIVE_COUNT)
    test_scenes: int = option(20, "scenes to test on", rule=POSITIVE_COUNT)
    frames_per_scene: int = option(4, "samples per scene", rule=POSITIVE_COUNT)
    moving_objects: bool = option(True, "cars that drive on their own")
    shadows: bool = option(True, "cast shadows")
    seed: int = option(0, "of the world; no scene is in two splits", rule=SEED)

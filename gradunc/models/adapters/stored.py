"""Adapted networks built again from what a checkpoint or export says of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from reprlib import repr as short
from typing import Any

from gradunc.errors import InputError
from gradunc.models.adapters.depth_anything_3 import LIBRARY as DEPTH_ANYTHING_3
from gradunc.models.adapters.depth_anything_3_folder import rebuild_depth_anything_3
from gradunc.models.adapters.diffusion.stored import rebuild_diffusers
from gradunc.models.adapters.huggingface.adapt import rebuild_huggingface
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.checkpoints.typed import is_text

LIBRARIES: dict[str, Callable[[Mapping[str, Any], Path], AdaptedModel]] = {
    "transformers": rebuild_huggingface,
    "diffusers": rebuild_diffusers,
    DEPTH_ANYTHING_3: rebuild_depth_anything_3,
}
"""Libraries whose networks a class name and plain values describe -> what builds one."""


def rebuild(described: Any, path: Path) -> AdaptedModel:
    """The network of a description, with random weights.

    Args:
        described: what `AdaptedModel.description` returned.
        path: where it stands, for messages.

    Raises:
        InputError: a network whose code the file cannot hold, or one that cannot be built here.
    """
    if not isinstance(described, dict):
        raise InputError(f"{path} does not describe a model: its entry 'adapted' is damaged")
    for key in ("class", "library", "dtype"):
        if key in described and not is_text(described[key]):
            raise InputError(f"{path} does not describe a model: its setting {key}={short(described[key])} is no text")
    library = described.get("library")
    if library is None:
        raise InputError(
            f"{path} holds weights of a {described.get('class')} without its code; give the network: "
            "load_model(path, module=gradunc.adapt(...))"
        )
    if library not in LIBRARIES:
        raise InputError(f"{path} holds a network of '{library}'; it was written by a newer gradunc")
    model = LIBRARIES[library](described, path)
    if is_text(described.get("licence")):
        model.origin["licence"] = described["licence"]
    return model

"""Folders that `save_pretrained` of a library writes: which library's they are, and what loads them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gradunc.models.adapters.depth_anything_3_folder import load_preset_folder, preset_description
from gradunc.models.adapters.diffusion.files import pipeline_description
from gradunc.models.adapters.diffusion.folder import load_pipeline_folder
from gradunc.models.adapters.huggingface.saved_folder import load_saved_folder
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.checkpoints.foreign import saved_description

Described = Callable[[Path], Mapping[str, Any] | None]
"""Folder -> the content of its description, None if it is of something else."""
Load = Callable[[Path, Mapping[str, Any], str | None], AdaptedModel]
"""Folder, its description, `head` of `load_model` -> network."""

KINDS: tuple[tuple[Described, Load], ...] = (
    (saved_description, load_saved_folder),
    (pipeline_description, load_pipeline_folder),
    (preset_description, load_preset_folder),
)
"""Networks of transformers, pipelines of diffusers, Depth Anything 3 of its own package."""


def loader_of(folder: Path, head: str | None) -> Callable[[], AdaptedModel] | None:
    """What loads the network of a folder; None for everything that no library has written."""
    for described, load in KINDS:
        if (content := described(folder)) is not None:
            return partial(load, folder, content, head)
    return None

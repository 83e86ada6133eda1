"""The files of a pipeline of diffusers: which are fetched and read, and whether they are all there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.models.adapters.huggingface.loading import names_files_there
from gradunc.text_files import read_json

INDEX = "model_index.json"
PIPELINE_CLASS = "MarigoldDepthPipeline"
SCHEDULERS = ("DDIMScheduler", "LCMScheduler")
"""Those that the pipeline takes."""
WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
"""Folder of a part -> its file of weights, without suffixes."""
FETCHED = (
    *(f"{part}/config.json" for part in WEIGHTS),
    *(
        f"{part}/{name}{end}"
        for part, name in WEIGHTS.items()
        for end in (".safetensors", ".safetensors.index.json", "-*-of-*.safetensors")
    ),
    *("scheduler/scheduler_config.json", "tokenizer/*.json", "tokenizer/*.txt"),
)
"""Patterns of a repository's files; of weights those in full precision."""
LARGEST = 2**24
"""Bytes that a description can have."""


def pipeline_class(folder: Path) -> str | None:
    """The class that the description of a pipeline names; None for folders of something else, "" if it names none."""
    if not (folder / INDEX).is_file():
        return None
    try:
        described = read_json(folder / INDEX, "description", LARGEST)
    except InputError:
        return ""
    name = described.get("_class_name") if isinstance(described, dict) else None
    return name if isinstance(name, str) else ""


def pipeline_description(folder: Path) -> Mapping[str, Any] | None:
    """The content of `model_index.json` of a pipeline that predicts depth; None for everything else."""
    return read_json(folder / INDEX, "description", LARGEST) if pipeline_class(folder) == PIPELINE_CLASS else None


def is_whole(folder: Path) -> bool:
    """Whether all parts of a pipeline that predicts depth are there."""
    if pipeline_class(folder) != PIPELINE_CLASS or not (folder / "tokenizer").is_dir():
        return False
    parts = all((folder / part / "config.json").is_file() and _has_weights(folder / part) for part in WEIGHTS)
    return parts and (folder / "scheduler" / "scheduler_config.json").is_file()


def _has_weights(folder: Path) -> bool:
    name = WEIGHTS[folder.name]
    index = folder / f"{name}.safetensors.index.json"
    return (folder / f"{name}.safetensors").is_file() or (index.is_file() and names_files_there(index))


def weight_files(folder: Path, part: str) -> list[str]:
    """Names of the weight files of a part, in whatever precision."""
    return sorted(one.name for one in (folder / part).glob(f"{WEIGHTS[part]}*.safetensors"))


def config_of(folder: Path, part: str, name: str = "config.json") -> dict[str, Any]:
    """The description of a part.

    Raises:
        InputError: it is not there, or no mapping.
    """
    file = folder / part / name
    if not file.is_file():
        raise InputError(f"{folder} has no {part}/{name}; download the whole pipeline again")
    content = read_json(file, "description", LARGEST)
    if not isinstance(content, dict):
        raise InputError(f"'{file}' describes nothing; download it again")
    return content


def diffusers_for(path: Path) -> Any:
    """The library that a pipeline in a file needs; InputError if it is not installed."""
    try:
        import diffusers
    except ImportError as error:
        raise InputError(
            f"{path} holds a pipeline of Hugging Face diffusers, which is not installed; run pip install "
            "'gradunc[diffusers]'"
        ) from error
    return diffusers

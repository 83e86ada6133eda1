"""The files of a pipeline of diffusers: which are fetched and read, and whether they are all there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.models.adapters.diffusion.weights import WEIGHTS, weight_file, weight_patterns, without_weights
from gradunc.text_files import read_json

INDEX = "model_index.json"
PIPELINE_CLASS = "MarigoldDepthPipeline"
SCHEDULERS = ("DDIMScheduler", "LCMScheduler")
"""Those that the pipeline takes."""
FETCHED = (
    *(f"{part}/config.json" for part in WEIGHTS),
    *weight_patterns(WEIGHTS),
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
    return pipeline_class(folder) == PIPELINE_CLASS and not _lacking(folder) and not without_weights(folder)


def gap(folder: Path) -> str:
    """What a pipeline of the hub that is not whole lacks: the end of a message that begins with its name."""
    if missing := _lacking(folder):
        return f"has no {missing}, so it is no whole pipeline; give another repository, or another revision (@REVISION)"
    return (
        f"has no {weight_file(without_weights(folder)[0])}, and none of half precision (.fp16, .bf16), and no other "
        "weights of a pipeline are read; load it with diffusers, save it with save_pretrained(FOLDER), and give "
        "checkpoint=FOLDER"
    )


def _lacking(folder: Path) -> str:
    """The first file or folder beside the weights that a pipeline lacks; "" if it lacks none."""
    described = (*(f"{part}/config.json" for part in WEIGHTS), "scheduler/scheduler_config.json")
    missing = [one for one in described if not (folder / one).is_file()]
    return next(iter(missing), "" if (folder / "tokenizer").is_dir() else "tokenizer")


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

"""Files and folders of other programs: what they look like, and what to do with them.

Every function returns the end of a message that begins with the path, or "" for what looks like none of these.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from gradunc.errors import InputError
from gradunc.models.adapters.diffusion.files import PIPELINE_CLASS, pipeline_class
from gradunc.models.adapters.huggingface.classes import CLASSES, is_depth_class
from gradunc.models.adapters.huggingface.saved_folder import CONFIG, LARGEST_CONFIG, saved_class
from gradunc.models.checkpoints.published import is_published
from gradunc.models.checkpoints.state_dict import bare_key, unwrapped
from gradunc.text_files import read_json

ADAPT = "make a depth model of it in Python with gradunc.adapt(network, ...)"
RUNS_ALONE = "which runs without gradunc; give the checkpoint= that it was made of"
OF_OTHERS = "and checkpoint= takes networks of PyTorch"
SUFFIXES = {
    ".onnx": f"is an ONNX file, {RUNS_ALONE}",
    ".pt2": f"is a program of torch.export, {RUNS_ALONE}",
    ".h5": f"is a file of Keras, {OF_OTHERS}",
    ".keras": f"is a file of Keras, {OF_OTHERS}",
    ".pb": f"is a file of TensorFlow, {OF_OTHERS}",
    ".tflite": f"is a file of TensorFlow Lite, {OF_OTHERS}",
    ".engine": f"is an engine of TensorRT, {OF_OTHERS}",
    ".py": f"is a program; infer.py takes checkpoint=FILE.py:FUNCTION, whose function returns the network; or {ADAPT}",
    ".gguf": f"is a file of llama.cpp, {OF_OTHERS}",
}


class Origin(NamedTuple):
    """Weights of another program, told by their names."""

    title: str
    prefixes: tuple[str, ...]
    """All of them begin some name."""
    advice: str


SAVED_BY_TRANSFORMERS = "give the folder of the same network that transformers' save_pretrained writes, or "
ORIGINS = (
    Origin("ZoeDepth's own program", ("core.core.", "conditional_log_binomial."), f"{SAVED_BY_TRANSFORMERS}{ADAPT}"),
    Origin("Depth Anything's own program", ("pretrained.blocks.", "depth_head."), f"{SAVED_BY_TRANSFORMERS}{ADAPT}"),
    Origin("MiDaS' own program", ("pretrained.", "scratch.refinenet1."), f"{SAVED_BY_TRANSFORMERS}{ADAPT}"),
    Origin("AdaBins", ("adaptive_bins_layer.",), ADAPT),
    Origin("UniDepth", ("pixel_encoder.", "pixel_decoder."), ADAPT),
    Origin(
        "the encoder of a published folder",
        ("encoder.conv1.", "encoder.layer1."),
        "give the folder with depth.pth, too",
    ),
    Origin(
        "a ResNet that classifies images",
        ("conv1.weight", "layer1.0.", "layer4.0."),
        "it predicts no depth; train with model.pretrained=FILE",
    ),
)


def saved_description(folder: Path) -> dict[str, Any] | None:
    """The `config.json` of a depth network of Hugging Face; None for everything else."""
    described = _description(folder)
    return described if is_depth_class(saved_class(described)) else None


def foreign_folder(folder: Path) -> str:
    """What a folder is that holds no network for us."""
    if (pipeline := pipeline_class(folder)) is not None:
        return (
            f"is a pipeline of Hugging Face diffusers ({short(pipeline)}), and only a {PIPELINE_CLASS} is read; {ADAPT}"
        )
    if (folder / "saved_model.pb").is_file():
        return f"is a SavedModel of TensorFlow, {OF_OTHERS}"
    described = _description(folder)
    name = saved_class(described)
    if name is not None:
        which = name or f"network of the type {short(described.get('model_type'))}"
        return (
            f"is a folder of Hugging Face transformers with a {which}, which is none of {', '.join(CLASSES)}; load it "
            f"with transformers and {ADAPT}"
        )
    if isinstance(described.get("architecture"), str) and "num_features" in described:
        backbone = str(described["architecture"])
        return (
            f"is the timm backbone {short(backbone)}, which predicts no depth; train with "
            f"model.encoder={backbone[:60]} model.pretrained={folder / 'model.safetensors'}"
        )
    if "schema" not in described and described:
        return f"has a {CONFIG} of another program (keys {', '.join(sorted(map(str, described))[:4])}); {ADAPT}"
    return "" if described else _single_checkpoint(folder)


def foreign_file(path: Path) -> str:
    """What a file is that is no weight file of ours, told before it is read."""
    if not path.is_file():
        return ""
    if path.suffix == ".pth" and is_published(path.parent):
        return f"is one file of a published network; give the folder: {path.parent}"
    if path.suffix.lower() == ".safetensors" and (path.parent / CONFIG).is_file():
        return f"holds weights without a description of their network; give its folder: {path.parent}"
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    return f"is a program of TorchScript, {RUNS_ALONE}" if _is_torchscript(path) else ""


def foreign_weights(path: Path, content: Mapping[str, Any]) -> str:
    """What a file of weights is that is neither ours nor known; never "".

    Args:
        path: of the file.
        content: of it.
    """
    if path.suffix.lower() == ".safetensors":
        return f"holds weights without a description of their network; put its {CONFIG} beside it, or {ADAPT}"
    return f"is no checkpoint of gradunc; {_whose(content)}"


def _whose(content: Mapping[str, Any]) -> str:
    """Whose weights those of a file look like, and what to do."""
    names = [bare_key(key) for key in unwrapped(content) if isinstance(key, str)]
    for origin in ORIGINS:
        if all(any(name.startswith(prefix) for name in names) for prefix in origin.prefixes):
            return f"its weights look like those of {origin.title}; {origin.advice}"
    if "pytorch-lightning_version" in content:
        return f"it is a Lightning checkpoint of another program; load its network there and {ADAPT}"
    first = f" (first name {short(names[0])})" if names else ""
    return f"for published weights give the folder that holds them{first}; for other networks {ADAPT}"


def _description(folder: Path) -> dict[str, Any]:
    """The `config.json` of a folder; empty if there is none that can be read, which `read_export` says."""
    try:
        found = read_json(folder / CONFIG, "description", LARGEST_CONFIG) if (folder / CONFIG).is_file() else {}
    except InputError:
        return {}
    return found if isinstance(found, dict) else {}


def _single_checkpoint(folder: Path) -> str:
    """A folder that holds weight files of names nobody knows: give one of them."""
    found = sorted(path.name for path in folder.iterdir() if path.suffix in (".ckpt", ".pth", ".pt", ".bin"))
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"holds no model under a name that is known, but {found[0]}{more}; give checkpoint={folder / found[0]}"


def _is_torchscript(path: Path) -> bool:
    """Whether a file is an archive of `torch.jit.save`, which holds code and constants."""
    try:
        if not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError):
        return False  # damaged: what reads it says so
    return any(name.endswith("/constants.pkl") for name in names) and any("/code/" in name for name in names)

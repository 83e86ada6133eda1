"""A depth network from whatever holds one."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from gradunc.errors import InputError, path_hint, unknown
from gradunc.models.adapters.factory_name import factory_name
from gradunc.models.adapters.huggingface.hub import hub_folder, hub_name
from gradunc.models.adapters.stored import rebuild
from gradunc.models.build import build_model
from gradunc.models.checkpoints.entry import check_entry, settings_in
from gradunc.models.checkpoints.export import CONFIG, model_folder, read_export
from gradunc.models.checkpoints.foreign import foreign_file, foreign_folder, foreign_weights
from gradunc.models.checkpoints.library_folders import loader_of
from gradunc.models.checkpoints.published import Published, is_published, of_one_file, read_published
from gradunc.models.checkpoints.state_dict import below
from gradunc.models.checkpoints.strict_loading import filled, load_strict
from gradunc.models.checkpoints.variants import Told, licence_text
from gradunc.models.checkpoints.weight_files import read_any_weights
from gradunc.models.contract import DepthModel
from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.families import FAMILIES
from gradunc.models.sample import TEXT, sample_folder
from gradunc.models.settings import HEADS_OF_FILES, ModelSettings
from gradunc.names import HUB_NAME
from gradunc.ops.low_rank import merged

PREFIX = "depth_model."
"""Where the depth network stands in the state dict of our Lightning modules."""


def load_model(
    source: str | Path,
    *,
    architecture: str | None = None,
    network: str | None = None,
    head: str | None = None,
    max_depth: float | None = None,
    module: DepthModel | None = None,
    device: str | torch.device = "cpu",
) -> DepthModel:
    """A ready depth network in eval mode.

    Args:
        source: a Lightning checkpoint of ours (`.ckpt`), an export folder (`model.safetensors` + `config.json`), a run
            folder of train.py, what others publish (a folder with `encoder.pth` and `depth.pth`, or one file of
            Depth Anything, DPT, ...; docs/checkpoints.md lists them), a folder of `save_pretrained` with one of the
            depth networks of Hugging Face that `adapt_huggingface` knows or with Marigold of diffusers, or
            `hf:ORG/NAME[@REVISION]`, such a folder on the hub, downloaded unless it is in the local cache; or "sample",
            the network that comes with the package.
        architecture: name of the registry that the file must be of; told by its keys if omitted.
        network: for published files whose keys fit several networks: its name, for example "depth_anything_v1". One
            line on stderr says what was found, and the licence of the weights.
        head: for published folders, which cannot tell: "disparity" (default) or "depth", a linear metric decoder; and
            for networks of Hugging Face whose config does not tell.
        max_depth: for published files of networks in metres that end at a depth of their own [m].
        module: the network to fill, for checkpoints and exports of one that `gradunc.adapt` made: its code is not in
            them. Networks of a family and of Hugging Face are built from the file.
        device: where the weights go; files saved on a GPU load anywhere.

    Raises:
        InputError: nothing loadable there, or weights that are missing or left over (they are named).
    """
    if factory_name(source) is not None:
        raise InputError(f"{source} is code, which only checkpoint= of infer.py runs; give a file or folder of weights")
    hub, sample = hub_name(source), sample_folder(source)
    if sample is not None:
        print(f"checkpoint={source}: {TEXT}", file=sys.stderr)
    path = sample or model_folder(Path(source) if hub is None else hub_folder(hub))
    if architecture is not None and architecture not in FAMILIES:
        raise unknown("architecture", architecture, FAMILIES)
    if head not in (None, *HEADS_OF_FILES):
        raise unknown("head", head or "", HEADS_OF_FILES)
    content = _content(path)
    if (found := _published(path, content, Told(network, head, max_depth))) is not None:
        if module is not None:
            raise InputError(f"{path} holds published weights of a family; omit module=")
        model = _of_family(found.settings, found.weights, path, architecture)
        print(f"{path}: {found.text}", file=sys.stderr)
        return model.to(device).eval()
    for name, value in (("network", network), ("max_depth", max_depth)):
        if value is not None:
            raise InputError(f"{path} says what its network is, or is none that was published; omit {name}={value}")
    if (load := loader_of(path, head)) is not None:
        if module is not None or architecture is not None:
            given = "module=" if module is not None else f"architecture={architecture}"
            raise InputError(f"{path} is a folder of Hugging Face, which says what its network is; omit {given}")
        model = load()
    else:
        model = _of_entry(*_read(path, content), path, architecture, head, module)
    licence = model.settings.licence if isinstance(model, EncoderDecoder) else model.description().get("licence")
    if licence is not None or hub is not None:
        print(f"{hub or path}: {licence_text(licence)}", file=sys.stderr)
    return model.to(device).eval()


def _content(path: Path) -> dict[str, Any] | None:
    """What a file of weights holds; None for folders, and for files that are known not to be one network."""
    beside = path.suffix.lower() == ".safetensors" and not (path.parent / CONFIG).is_file()
    return read_any_weights(path) if path.is_file() and (beside or not foreign_file(path)) else None


def _published(path: Path, content: Mapping[str, Any] | None, told: Told) -> Published | None:
    """What others have published there; None for files and folders of ours, and for those of nobody that is known."""
    if path.is_dir():
        return read_published(path, told) if is_published(path) else None
    return None if content is None or "gradunc" in content else of_one_file(content, path, told)


def _of_entry(
    entry: dict[str, Any],
    weights: Mapping[Any, Any],
    path: Path,
    architecture: str | None,
    head: str | None,
    module: DepthModel | None,
) -> DepthModel:
    """The network of a checkpoint or export of ours."""
    if module is None and "adapted" not in entry:
        settings = settings_in(entry, path)
        if head not in (None, settings.head):
            raise InputError(f"{path} says that its head is '{settings.head}'; omit head={head}")
        return _of_family(settings, weights, path, architecture)
    for name, value in (("architecture", architecture), ("head", head)):
        if value is not None:
            raise InputError(f"{path} holds an adapted network, which has no {name} to choose; omit {name}={value}")
    if module is None:
        return filled(lambda: rebuild(entry["adapted"], path), weights, path, "the network it describes")
    load_strict(module, weights, path, "the module that was given")
    return module


def _of_family(settings: ModelSettings, weights: Mapping[Any, Any], path: Path, wanted: str | None) -> EncoderDecoder:
    if wanted not in (None, settings.architecture):
        raise InputError(f"{path} holds a {settings.architecture}, not the architecture '{wanted}' asked for")

    def build() -> EncoderDecoder:
        try:
            return build_model(settings.without_start())
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    return filled(build, weights, path, settings.architecture)


def load_family_model(source: str | Path, *, head: str | None = None) -> EncoderDecoder:
    """A network that train.py can go on with: one of a family.

    Args:
        source: see `load_model`.
        head: for published folders; ignored for files that say their own.

    Raises:
        InputError: nothing loadable there, or an adapted network.
    """
    path = Path(source).expanduser()
    model = load_model(path, head=head if is_published(path) and head in HEADS_OF_FILES else None)
    if not isinstance(model, EncoderDecoder):
        raise InputError(f"{path} holds an adapted network; train.py trains those of a family: {', '.join(FAMILIES)}")
    return model


def _read(path: Path, content: Mapping[str, Any] | None) -> tuple[dict[str, Any], Mapping[Any, Any]]:
    """The entry of a checkpoint or an export of ours, and the weights."""
    if reason := foreign_folder(path) if path.is_dir() else foreign_file(path):
        raise InputError(f"{path} {reason}")
    if path.is_dir() and (path / CONFIG).exists():
        return read_export(path)
    if path.is_dir():
        within = min((one.parent for one in path.glob("*/export")), default=None)
        instead = "" if within is None else f"; give one of the runs in it, as '{within}'"
        raise InputError(
            f"{path} holds no model: expected model.safetensors + config.json, encoder.pth + depth.pth, or a .ckpt "
            f"file{instead}"
        )
    if not path.exists():
        raise InputError(f"checkpoint '{path}' does not exist{path_hint(path)}; {_instead(path)}")
    return _of_lightning(path, read_any_weights(path) if content is None else content)


def _instead(path: Path) -> str:
    """What to give in the place of a checkpoint that does not exist: names of a hub look like paths."""
    name = re.sub("^https?:/+", "", str(path))  # a path has lost one slash of an address
    of_hub, address = name.removeprefix("huggingface.co/"), name != str(path)
    if address and of_hub == name:
        return "it is an address; download the file, and give its path"
    usual = "give a .ckpt file, an export or a published folder"
    if not address and (path.parent.is_dir() or not re.fullmatch(HUB_NAME, name)):
        return usual
    return f"{usual}; for a network of the Hugging Face Hub say checkpoint=hf:{of_hub}"


def _of_lightning(path: Path, checkpoint: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[Any, Any]]:
    weights = checkpoint.get("state_dict")
    if "gradunc" not in checkpoint or not isinstance(weights, Mapping):
        raise InputError(f"{path} {foreign_weights(path, checkpoint)}")
    return check_entry(checkpoint["gradunc"], path), merged(below(weights, PREFIX))

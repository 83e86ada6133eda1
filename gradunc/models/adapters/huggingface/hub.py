"""Networks of the Hugging Face Hub: `hf:ORG/NAME` becomes a folder of its cache. No code of a repository runs."""

import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.errors import InputError, shown
from gradunc.models.adapters.depth_anything_3_folder import preset_description
from gradunc.models.adapters.diffusion.files import FETCHED, INDEX, PIPELINE_CLASS, gap, is_whole, pipeline_class
from gradunc.models.adapters.diffusion.weights import HALF, weight_patterns, without_weights
from gradunc.models.adapters.huggingface.card import CARD
from gradunc.models.adapters.huggingface.loading import names_files_there
from gradunc.models.adapters.huggingface.processor import PROCESSORS
from gradunc.models.adapters.huggingface.saved_folder import CONFIG, WEIGHTS
from gradunc.models.checkpoints.export import is_export, learned_names
from gradunc.names import HUB_NAME, LEARNED_FOLDER

PREFIX = "hf:"
NAME = re.compile(rf"(?P<repository>{HUB_NAME})(?:@(?P<revision>[\w.][\w./-]*))?", re.ASCII)
DESCRIPTIONS = (CONFIG, *PROCESSORS, INDEX, CARD)
SAFE = (
    *DESCRIPTIONS,
    *("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors"),
    f"{LEARNED_FOLDER}/*.safetensors",
)
PICKLED = (*DESCRIPTIONS, "pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin")
"""Read as plain tensors (`weights_only=True`), and fetched only where there are no safetensors."""
OF_PIPELINE = (*DESCRIPTIONS, *FETCHED)
OFFLINE = (
    "is not in the local cache, or not whole, and HF_HUB_OFFLINE forbids to download it; unset HF_HUB_OFFLINE, or run "
    "hf download where there is a network and copy the cache"
)


class HubName(NamedTuple):
    """A network of the hub."""

    repository: str
    """ORG/NAME."""
    revision: str | None = None
    """Branch, tag or commit; None = the main branch."""

    def __str__(self) -> str:
        """As it is written."""
        return f"{PREFIX}{self.repository}" + ("" if self.revision is None else f"@{self.revision}")


def hub_name(source: str | Path) -> HubName | None:
    """What `hf:ORG/NAME[@REVISION]` names; None for every other source of a network.

    Raises:
        InputError: "hf:" in front of anything else.

    >>> hub_name("hf:depth-anything/Depth-Anything-V2-Small-hf@main")
    HubName(repository='depth-anything/Depth-Anything-V2-Small-hf', revision='main')
    >>> hub_name("runs/a/export") is None
    True
    """
    text = str(source)
    if not text.startswith(PREFIX):
        return None
    found = NAME.fullmatch(text.removeprefix(PREFIX))
    if found is None or ".." in text:
        raise InputError(f"'{shown(text)}' names no network of the hub; give hf:ORG/NAME or hf:ORG/NAME@REVISION")
    return HubName(found["repository"], found["revision"])


def hub_folder(name: HubName) -> Path:
    """The folder with a network of the hub: what lies in the local cache, otherwise downloaded into it.

    Of a branch the cache keeps the state of its download; `hf download ORG/NAME` fetches a newer one. One without a
    file on the preparation of its images is looked for on the hub; a warning says if there is none.

    Raises:
        InputError: no such network, no access to it, no hub, or nothing in it that can be loaded.
    """
    cached = _cached(name)
    if cached is not None and _says_preparation(cached):
        return cached
    folder = _downloaded(name, SAFE)
    if pipeline_class(folder) == PIPELINE_CLASS:
        folder = _pipeline(name)
    elif not _has_weights(folder):
        folder = _downloaded(name, PICKLED)
    _check_content(folder, name)
    if not _says_preparation(folder):
        warnings.warn(
            f"{name} has no {PROCESSORS[0]}, here or on the hub: normalisation is that of its family's published "
            "networks, and images keep their size; give size=HxW",
            stacklevel=2,
        )
    return folder


def _pipeline(name: HubName) -> Path:
    """The files of a pipeline; weights in half precision only of the parts that have none in full."""
    folder = _downloaded(name, OF_PIPELINE)
    for precision in HALF:
        if parts := without_weights(folder):
            folder = _downloaded(name, weight_patterns(parts, precision))
    return folder


def _says_preparation(folder: Path) -> bool:
    """Whether files beside the weights say how images are prepared; descriptions of exports and of presets do."""
    known = is_export(folder) or preset_description(folder) is not None
    return known or any((folder / one).is_file() for one in (*PROCESSORS, INDEX))


def _has_learned(folder: Path) -> bool:
    """Whether all is there that an export says estimators have learned of it."""
    return all((folder / LEARNED_FOLDER / name).is_file() for name in learned_names(folder))


def _cached(name: HubName) -> Path | None:
    """The folder in the local cache, if it holds a description and all weights."""
    hub = hub_library(name)
    for patterns in (SAFE, PICKLED, OF_PIPELINE):
        try:
            found = _snapshot(hub, name, patterns, local_files_only=True)
        except (OSError, ValueError):  # not there, or not whole
            continue
        if is_whole(found) or (_has_weights(found) and (found / CONFIG).is_file() and _has_learned(found)):
            return found
    return None


def _downloaded(name: HubName, patterns: tuple[str, ...]) -> Path:
    hub = hub_library(name)
    try:
        return _snapshot(hub, name, patterns)
    except Exception as error:  # of many classes, some of the HTTP client's own
        raise InputError(f"{name} {_reason(hub, name, error)}") from error


def _snapshot(hub: Any, name: HubName, patterns: tuple[str, ...], **options: Any) -> Path:
    found = hub.snapshot_download(name.repository, revision=name.revision, allow_patterns=list(patterns), **options)
    return Path(found)


def hub_library(name: object) -> Any:
    """The client of the hub; InputError, which begins with the name of what needs it, if it is not installed."""
    try:
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise InputError(
            f"{name} needs huggingface_hub, which is not installed; run pip install 'gradunc[huggingface]'"
        ) from error
    return huggingface_hub


def _reason(hub: Any, name: HubName, error: Exception) -> str:
    """Why a download failed, and what to do: the end of a message that begins with the name."""
    errors, page = hub.errors, f"https://huggingface.co/{name.repository}"
    if isinstance(error, errors.GatedRepoError):
        return f"is given after consent only; accept its terms at {page}, then run: hf auth login"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "is not on the hub, or private; check the name, or run: hf auth login"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"has no revision '{name.revision}'; see {page}/tree/main, or omit @{name.revision}"
    if hub.constants.is_offline_mode():
        return OFFLINE
    text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"cannot be downloaded ({text}); try again, or give the folder of a copy: checkpoint=FOLDER"


def _has_weights(folder: Path) -> bool:
    """Whether one file of weights is there, or a list and all the files that it names."""
    for file in (folder / one for one in WEIGHTS):
        if file.is_file() and (file.suffix != ".json" or names_files_there(file)):
            return True
    return False


def _check_content(folder: Path, name: HubName) -> None:
    """Raise `InputError` for a repository without a network; `load_model` says which pipelines are none."""
    missing = CONFIG if not (folder / CONFIG).is_file() else "" if _has_weights(folder) else WEIGHTS[0]
    pipeline = pipeline_class(folder)
    if not missing or is_whole(folder) or pipeline not in (None, PIPELINE_CLASS):
        return
    if hub_library(name).constants.is_offline_mode():
        raise InputError(f"{name} {OFFLINE}")
    if pipeline == PIPELINE_CLASS:
        raise InputError(f"{name} {gap(folder)}")
    raise InputError(
        f"{name} has no {missing}; give an export of gradunc, or a network in the format of transformers (of several "
        "formats it is often the name that ends in -hf)"
    )

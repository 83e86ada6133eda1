"""The network that a verb works with: its weights, its device, and the size at which it sees images."""

import re
import sys
from pathlib import Path

import torch

from gradunc.config.verbs.network import NetworkConfig
from gradunc.errors import InputError, shown
from gradunc.models import DepthModel, EncoderDecoder, load_model
from gradunc.models.accepted_sizes import reason_against
from gradunc.models.adapters.factory import made_by
from gradunc.models.adapters.factory_name import FactoryName, factory_name
from gradunc.models.adapters.huggingface.hub import hub_folder, hub_name
from gradunc.models.adapters.preparation import preparation_of
from gradunc.models.settings import LARGEST_SIDE
from gradunc.ops.sizes import training_size
from gradunc.prediction.network import InputSize, own_size
from gradunc.types import Size
from gradunc.uncertainty.learned import folder_beside

TOLD = ("architecture", "network", "head", "max_depth")
"""The keys that say what a file does not."""


def load_network(config: NetworkConfig, device: torch.device | str = "cpu") -> DepthModel:
    """The network of `checkpoint` on a device; one line says if that runs code.

    Raises:
        InputError: no checkpoint, nothing that can be loaded, or code that makes no network.
    """
    if config.checkpoint is None:
        raise InputError(
            "checkpoint is missing; give checkpoint=PATH to a .ckpt file, run, export or published folder, or "
            "checkpoint=hf:ORG/NAME"
        )
    if (name := factory_name(config.checkpoint)) is not None:
        return _made(name, config).to(device)
    told = {name: getattr(config, name) for name in TOLD}
    return load_model(config.checkpoint, **told, device=device)


def learned_folder(checkpoint: str | None) -> Path:
    """Where estimators keep what they learn of the network of `checkpoint`: beside it, of the hub in its cache."""
    name = hub_name(str(checkpoint))
    return folder_beside(Path(str(checkpoint)) if name is None else hub_folder(name))


def _made(name: FactoryName, config: NetworkConfig) -> DepthModel:
    """The network of `checkpoint=FILE.py:FUNCTION`."""
    for option in TOLD:
        if getattr(config, option) is not None:
            raise InputError(f"checkpoint={name} makes the network as it is; omit {option}={getattr(config, option)}")
    print(f"checkpoint: runs {name.path} and calls its {name.function}()", file=sys.stderr)
    return made_by(name)


def network_size(size: str | None, model: DepthModel) -> InputSize:
    """Network input (height, width), or how that follows from an image; None = every image at its own size.

    That is "HxW", or without a size what the network's image processor does, or what it was trained on; "native", or a
    network that says neither, means the image's own size.

    Raises:
        InputError: anything else.
    """
    if size is None:
        return own_size(model)
    return None if size == "native" else _height_width(size, model, ", or native")


def one_size(size: str | None, model: DepthModel, reason: str) -> tuple[int, int]:
    """Network input (height, width) of a verb that shows the network all images at one size.

    That is "HxW", or without a size what the network was trained on or its image processor aims at.

    Raises:
        InputError: no size, or "native", with the reason why that is none here.
    """
    if size == "native":
        raise InputError(f"size=native {reason}; give size=HxW")
    found = (training_size(model) or _aimed_at(model)) if size is None else _height_width(size, model, "")
    if found is None:
        raise InputError("size is missing, and the network does not say what it was trained on; give size=HxW")
    return found


def _aimed_at(model: DepthModel) -> Size | None:
    preparation = preparation_of(model)
    return None if preparation is None or preparation.size is None else preparation.size_for(preparation.size)


def _height_width(size: str, model: DepthModel, other: str) -> tuple[int, int]:
    trained = training_size(model)
    match = re.fullmatch(r"0*([1-9][0-9]{0,4})[xX]0*([1-9][0-9]{0,4})", size, re.ASCII)
    found = None if match is None else (int(match[1]), int(match[2]))
    if found is None or max(found) > LARGEST_SIDE:
        height, width = trained or (192, 640)
        most = f", at most {LARGEST_SIDE} each" if found else ""
        raise InputError(f"size='{shown(size)}' must be HxW in pixels{most}, for example {height}x{width}{other}")
    if isinstance(model, EncoderDecoder) and found != trained:  # adapted networks say it themselves
        _check_taken(size, found, model)
    return found


def _check_taken(size: str, found: tuple[int, int], model: EncoderDecoder) -> None:
    """Raise `InputError` for a size that a backbone does not take: some are built for one."""
    reason = reason_against(model, found)
    if reason is not None:
        height, width = model.size
        raise InputError(
            f"size={size}: {model.settings.title()} cannot take such images ({reason}); omit size, or give "
            f"size={height}x{width}"
        )

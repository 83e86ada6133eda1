"""Depth networks of Hugging Face transformers as depth models, and built again from what a checkpoint says."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.huggingface.classes import CLASSES, NetworkClass, class_name, is_depth_class
from gradunc.models.adapters.huggingface.generic import adapt_generic
from gradunc.models.adapters.huggingface.loading import first_line
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.models.checkpoints.typed import typed
from gradunc.ops.wrappers import bare
from gradunc.types import OutputSpace


def adapt_huggingface(
    model: nn.Module,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    output_space: OutputSpace | None = None,
    size: tuple[int, int] | None = None,
    preparation: ImagePreparation | None = None,
) -> AdaptedModel:
    """Make a depth model of a Hugging Face network.

    DepthAnything (1, 2; relative, metric), DPT, ZoeDepth, GLPN, DepthPro and PromptDepthAnything (without its prompt)
    are known. Of any other `...ForDepthEstimation` of transformers mean, std and output space have to be given; its
    layers are searched, and its backbone is not split off.

    The result is what the network predicts of the image as it is, normalised like its image processor does and padded
    to what the network needs: resize images before, as these processors do. Feature references run the backbone once.
    A ZoeDepth of two heads lets the images of a batch vote for one of them.

    Args:
        model: `AutoModelForDepthEstimation.from_pretrained(...)`.
        mean: of the input; default: that of the family's published networks (`image_mean` of its image processor).
        std: likewise.
        output_space: default: relative disparity or metric depth, as the config says.
        size: height and width [px] of typical images, see `adapt`; default: what the preparation aims at.
        preparation: how its image processor resizes images, for `gradunc.predict` and `infer.py predict`.

    Raises:
        InputError: another network, or one that is not known, or a DPT on DINOv2, without `output_space`.
    """
    network = bare(model)
    if size is None and preparation is not None:
        size = preparation.size
    name = class_name(network)
    if name is None:
        raise InputError(
            f"{type(network).__name__} is none of {', '.join(CLASSES)}; make a depth model of it with gradunc.adapt"
        )
    if name in CLASSES:
        adapted = _of_class(CLASSES[name], model, mean, std, output_space, size)
    else:
        adapted = adapt_generic(model, mean=mean, std=std, output_space=output_space, size=size)
    adapted.preparation = preparation
    # A subclass may compute something else, so that its name and its config would not be enough.
    if type(network).__name__ == name:
        adapted.origin = {"library": "transformers", "class": name, "config": _plain(network.config)}
    return adapted


def _of_class(
    family: NetworkClass,
    model: nn.Module,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    output_space: OutputSpace | None,
    size: tuple[int, int] | None,
) -> AdaptedModel:
    """A network that is known: its own words, or else those of its family."""
    network: Any = bare(model)
    config = network.config
    space = output_space or family.output_space(config)
    if space is None:
        raise InputError(
            f"the config of {type(network).__name__} on DINOv2 does not say what it predicts; give output_space="
            "OutputSpace('depth', 'metric') for networks trained on depth in metres"
        )
    default_mean, default_std = family.normalization(config)
    return adapt(
        model,
        lambda depth: depth,
        space,
        mean=mean or default_mean,
        std=std or default_std,
        multiple=family.multiple(config),
        size=size or family.size(config),
        encode=family.encode,
        decode=family.decode,
        auto_layer=family.auto_layer(network),
        backbone=family.backbone(network),
        limits=family.limits,
    )


def rebuild_huggingface(described: Mapping[str, Any], path: Path) -> AdaptedModel:
    """The network that `AdaptedModel.description` describes, with random weights; code runs of transformers only.

    Args:
        described: the description.
        path: where it stands, for messages.

    Raises:
        InputError: transformers is not installed, or no such class or config is known.
    """
    name = described.get("class")
    if not is_depth_class(name):
        raise InputError(f"{path} holds a '{name}' of transformers, which is none of {', '.join(CLASSES)}")
    transformers = transformers_for(str(name), path)
    kind = depth_class(transformers, str(name), path)
    try:
        network = kind(kind.config_class.from_dict(described["config"]))
        dtype = getattr(torch, described["dtype"])
        size, space = described["size"], typed(OutputSpace, described["output_space"], str(path))
        preparation = described.get("preparation")
        return adapt_huggingface(
            network.to(dtype),
            mean=described["mean"],
            std=described["std"],
            output_space=space,
            size=None if size is None else (size[0], size[1]),
            preparation=None if preparation is None else typed(ImagePreparation, preparation, str(path)),
        )
    except InputError:
        raise
    except Exception as error:  # of many classes, some of the library's own
        raise InputError(
            f"{path}: transformers {transformers.__version__} makes no {name} of its config ({first_line(error)})"
        ) from error


def transformers_for(name: str, path: Path) -> Any:
    """The library that the network `name` in a file needs; InputError if it is not installed."""
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            f"{path} holds a {name} of Hugging Face transformers, which is not installed; run pip install "
            "'gradunc[huggingface]'"
        ) from error
    return transformers


def depth_class(transformers: Any, name: str, path: Path) -> Any:
    """The class of a depth network that the library has; InputError for a name that it does not know as one."""
    if name not in CLASSES and name not in depth_classes():
        raise InputError(
            f"{path} holds a {name}, which transformers {transformers.__version__} does not know as a depth network; "
            "it was written by another version"
        )
    return getattr(transformers, name)


def depth_classes() -> list[str]:
    """Names of all depth networks of the library, as its AutoModelForDepthEstimation finds them."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES as names

    return [one for name in names.values() for one in ((name,) if isinstance(name, str) else name)]


def _plain(config: Any) -> dict[str, Any]:
    """The config as JSON holds it, without paths: the same from a checkpoint, its copies and an export."""
    return json.loads(config.to_json_string(use_diff=False), object_hook=_without_place)


def _without_place(part: dict[str, Any]) -> dict[str, Any]:
    """A config, or that of a backbone in it, without where it was read from: that is private, and no setting."""
    return {name: value for name, value in part.items() if name != "_name_or_path"}

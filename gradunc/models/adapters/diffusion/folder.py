"""Folders that a pipeline's `save_pretrained` writes: Marigold, part by part; nothing is downloaded, no code runs."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.files import check_regular
from gradunc.models.adapters.diffusion.adapt import LEADING, adapted, empty_text
from gradunc.models.adapters.diffusion.files import SCHEDULERS, config_of, diffusers_for
from gradunc.models.adapters.diffusion.meaning import Meaning
from gradunc.models.adapters.diffusion.network import MarigoldNetwork
from gradunc.models.adapters.diffusion.weights import WEIGHTS, precision_of, weight_file, without_weights
from gradunc.models.adapters.huggingface.adapt import transformers_for
from gradunc.models.adapters.huggingface.card import licence_of
from gradunc.models.adapters.huggingface.loading import check_keys, check_size, quiet, refused
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.checkpoints.typed import typed

NETWORKS = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL"}
SCHEDULER = "scheduler"


def load_pipeline_folder(folder: Path, described: Mapping[str, Any], head: str | None = None) -> AdaptedModel:
    """The network of a folder, in float32, with one step of denoising from the noise of seed 0.

    The text encoder is asked for the empty prompt, and not kept.

    Args:
        folder: with `model_index.json` and a folder for each part.
        described: the content of `model_index.json`, see `pipeline_description`.
        head: None; the pipeline says what it predicts.

    Raises:
        InputError: diffusers or transformers is not installed; parts that are missing, damaged or of another network.
    """
    known = {name: described[name] for name in asdict(Meaning()) if name in described}
    meaning = typed(Meaning, known, str(folder))
    if head is not None:
        space = meaning.output_space
        raise InputError(f"{folder} says that it predicts {space.ambiguity} {space.quantity}; omit head={head}")
    for part in without_weights(folder):
        raise InputError(f"{folder} has no {weight_file(part)}; download the whole pipeline again")
    diffusers = diffusers_for(folder)
    unet, vae = (_part(diffusers, folder, part, name) for part, name in NETWORKS.items())
    network = MarigoldNetwork(unet, vae, _scheduler(diffusers, folder, described), _empty_text(folder))
    _tell_half(folder)
    model = adapted(network.eval(), meaning)
    if (licence := licence_of(folder)) is not None:
        model.origin["licence"] = licence
    return model


def _part(diffusers: Any, folder: Path, part: str, name: str) -> Any:
    """A network of diffusers with its weights; `from_pretrained` knows the names of earlier versions."""
    place, config = folder / part, config_of(folder, part)
    with quiet(diffusers):
        try:
            kind = getattr(diffusers, name)
            with torch.device("meta"):
                weights = sum(one.numel() for one in kind.from_config(config).parameters())
            check_size(place, weights)
            network, report = kind.from_pretrained(
                place,
                local_files_only=True,
                use_safetensors=True,
                variant=precision_of(folder, part) or None,
                torch_dtype=torch.float32,
                output_loading_info=True,
            )
        except InputError:
            raise
        except Exception as error:  # of many classes, some of the library's own
            raise refused(place, diffusers, name, error) from error
    check_keys(place, name, report["missing_keys"], report["unexpected_keys"])
    return network


def _scheduler(diffusers: Any, folder: Path, described: Mapping[str, Any]) -> Any:
    """The scheduler; one whose only step would begin where next to no noise is expected begins at the other end.

    Garcia et al. (WACV 2025): timesteps that lead leave the single step of DDIM at the end of the denoising.
    """
    said = described.get(SCHEDULER)
    name = said[1] if isinstance(said, list) and len(said) == 2 else None
    if name not in SCHEDULERS:
        raise InputError(f"{folder} has the scheduler {name}, which is none of {', '.join(SCHEDULERS)}")
    config = config_of(folder, SCHEDULER, "scheduler_config.json")
    trailing = name == "DDIMScheduler" and config.get("timestep_spacing", "leading") == "leading"
    if trailing:
        warnings.warn(f"{folder}: {LEADING}", stacklevel=3)
    with quiet(diffusers):
        try:
            changed = {"timestep_spacing": "trailing"} if trailing else {}
            return getattr(diffusers, name).from_config(config, **changed)
        except Exception as error:  # of many classes, some of the library's own
            raise refused(folder / SCHEDULER, diffusers, name, error) from error


def _empty_text(folder: Path) -> Tensor:
    """(1,T,C) of the empty prompt."""
    name, place = "CLIPTextModel", folder / "text_encoder"
    transformers = transformers_for(name, folder)
    with quiet(transformers):
        try:
            kind, config = transformers.CLIPTextModel, config_of(folder, "text_encoder")
            with torch.device("meta"):
                weights = sum(one.numel() for one in kind(kind.config_class.from_dict(config)).parameters())
            check_size(place, weights)
            for file in (folder / "tokenizer").iterdir():
                check_regular(file, "file of the tokenizer")
            tokenizer = transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
            encoder, report = kind.from_pretrained(
                place,
                local_files_only=True,
                use_safetensors=True,
                variant=precision_of(folder, "text_encoder") or None,
                dtype=torch.float32,
                output_loading_info=True,
            )
            text = empty_text(tokenizer, encoder.eval())
        except InputError:
            raise
        except Exception as error:  # of many classes, some of the library's own
            raise refused(place, transformers, name, error) from error
    check_keys(place, name, report["missing_keys"], ())  # early files hold positions that are counted now
    return text


def _tell_half(folder: Path) -> None:
    """Say once which weights were rounded to half precision by who stored them."""
    half = [part for part in WEIGHTS if precision_of(folder, part)]
    if half:
        warnings.warn(
            f"{folder}: the weights of {', '.join(half)} are of half precision, as no others are there; they are "
            "loaded into float32",
            stacklevel=3,
        )

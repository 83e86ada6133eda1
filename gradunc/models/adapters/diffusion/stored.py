"""Pipelines of diffusers built again from what a checkpoint or export says of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from gradunc.errors import InputError
from gradunc.models.adapters.diffusion.adapt import adapted
from gradunc.models.adapters.diffusion.files import PIPELINE_CLASS, SCHEDULERS, diffusers_for
from gradunc.models.adapters.diffusion.meaning import Meaning
from gradunc.models.adapters.diffusion.network import MarigoldNetwork
from gradunc.models.adapters.huggingface.loading import first_line
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.checkpoints.typed import typed


def rebuild_diffusers(described: Mapping[str, Any], path: Path) -> AdaptedModel:
    """The network that `AdaptedModel.description` describes, with random weights; code runs of diffusers only.

    Args:
        described: the description.
        path: where it stands, for messages.

    Raises:
        InputError: diffusers is not installed, or no such pipeline or config is known.
    """
    diffusers = diffusers_for(path)
    try:
        config = described["config"]
        if described.get("class") != PIPELINE_CLASS or config["scheduler_class"] not in SCHEDULERS:
            raise InputError(f"{path} holds a '{described.get('class')}' of diffusers, not a {PIPELINE_CLASS}")
        unet = diffusers.UNet2DConditionModel.from_config(config["unet"])
        vae = diffusers.AutoencoderKL.from_config(config["vae"])
        scheduler = getattr(diffusers, config["scheduler_class"]).from_config(config["scheduler"])
        network = MarigoldNetwork(unet, vae, scheduler, torch.zeros(described["text"]), int(config["steps"]))
        network = network.to(getattr(torch, described["dtype"])).eval()
        meaning = typed(Meaning, described["meaning"], str(path))
        model = adapted(network, meaning, int(described["noise_seed"]))
    except InputError:
        raise
    except Exception as error:  # of many classes, some of the library's own
        raise InputError(
            f"{path}: diffusers {diffusers.__version__} makes no {PIPELINE_CLASS} of its config ({first_line(error)})"
        ) from error
    return model

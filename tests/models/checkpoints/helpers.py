"""Checkpoints and published folders with weights made here."""

from pathlib import Path

import torch
from torch import Tensor

from gradunc.losses import LossEngine
from gradunc.training import DepthTraining
from tests.models import published


def depth_by(model, image) -> Tensor:
    with torch.inference_mode():
        return model(image).depth


def lightning_checkpoint(path: Path, model, **changes) -> Path:
    """What `Trainer.save_checkpoint` writes: state dict of the module, and what the module adds."""
    module = DepthTraining(model, LossEngine({"l1": 1.0}))
    checkpoint = {"state_dict": module.state_dict(), "epoch": 3, "optimizer_states": [{"state": {}}]}
    module.on_save_checkpoint(checkpoint)
    torch.save({**checkpoint, **changes}, path)
    return path


def fake_rt(folder: Path, **extra) -> Path:
    encoder, decoder = published.rt_weights()
    return published.write(folder, {**encoder, **extra}, decoder)


def assert_one_line(error, *parts: object) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message

"""What every objective must do; each check takes a factory of fresh training modules and raises AssertionError."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import default_collate

from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet
from gradunc.training import DepthTraining
from gradunc.types import Sample

Factory = Callable[[], DepthTraining]
"""Makes the same module again, same weights."""

HEIGHT, WIDTH = 32, 64
STEPS = 15


def street_batch(frames: tuple[int | str, ...], size: int = 2, invalid: bool = False) -> Sample:
    """Rendered samples with what `frames` ask for; `invalid` takes the truth away."""
    scenes = SyntheticStreet("train", size, RenderSettings(HEIGHT, WIDTH, frames_per_scene=1), frames)
    batch: Any = default_collate([scenes[i] for i in range(size)])
    if invalid:
        batch["depth"], batch["valid"] = torch.zeros_like(batch["depth"]), torch.zeros_like(batch["valid"])
    return batch


def step(module: DepthTraining, batch: Sample) -> dict[str, Any]:
    """A training step outside a trainer."""
    logged: dict[str, Any] = {}
    module.log_dict = lambda values, **_: logged.update(values)
    return {**module.training_step(batch, 0), "logged": logged}


def check_step(make: Factory) -> None:
    """The loss is one finite number, logged with its parts; maps and depth come back detached."""
    module = make().train()
    outputs = step(module, street_batch(module.frames))
    assert outputs["loss"].shape == ()
    assert math.isfinite(float(outputs["loss"].detach()))
    assert outputs["loss"].requires_grad
    assert "train/loss" in outputs["logged"]
    assert {f"train/{name}" for name in module.engine.terms} <= set(outputs["logged"])
    assert outputs["prediction"].depth.shape == (2, 1, HEIGHT, WIDTH)
    assert not outputs["prediction"].depth.requires_grad


def check_maps(make: Factory) -> None:
    """Self-supervised objectives return what explains them: auto-mask, error, warped view."""
    module = make()
    outputs = step(module, street_batch(module.frames))
    if module.frames:
        assert {"auto_mask", "photometric", "warped"} <= set(outputs["maps"])
    for name, map_ in outputs["maps"].items():
        assert map_.shape[0] == 2, name
        assert map_.shape[-2:] == (HEIGHT, WIDTH), name
        assert not map_.requires_grad, name


def check_gradients(make: Factory) -> None:
    """Every trainable parameter gets a finite gradient in every step, as DDP demands, even without truth."""
    for invalid in (False, True):
        module = make().train()
        batch = street_batch(module.frames, invalid=invalid)
        step(module, batch)["loss"].backward()
        without = [name for name, p in module.named_parameters() if p.requires_grad and p.grad is None]
        assert not without, f"no gradient: {without}"
        for name, parameter in module.named_parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all(), name


def check_learns(make: Factory) -> None:
    """On one batch the loss falls."""
    module = make().train()
    batch = street_batch(module.frames)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = step(module, batch)["loss"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert min(losses[-3:]) < losses[0] - 1e-4 * abs(losses[0]), f"loss went from {losses[0]} to {losses[-1]}"


def check_batch_of_one(make: Factory) -> None:
    """A single sample trains and validates."""
    module = make()
    batch = street_batch(module.frames, size=1)
    assert math.isfinite(float(step(module.train(), batch)["loss"].detach()))
    with torch.no_grad():
        outputs = module.eval().validation_step(batch, 0)
    assert math.isfinite(float(outputs["loss"]))


def check_reproducible(make: Factory) -> None:
    """The same weights and batch give the same loss, whatever was drawn before."""
    losses = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        module = make().eval()
        losses.append(float(step(module, street_batch(module.frames))["loss"].detach()))
    assert losses[0] == losses[1]


CHECKS: tuple[Callable[[Factory], None], ...] = (
    check_step,
    check_maps,
    check_gradients,
    check_learns,
    check_batch_of_one,
    check_reproducible,
)

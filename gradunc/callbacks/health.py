"""Tells that a training on views collapses, while it happens."""

from typing import Any, NamedTuple

import lightning as L
import torch
from torch import Tensor

from gradunc.callbacks.telling import Telling

FLAT, SCATTERED, MASKED = 0.05, 3.0, 0.65
"""Limits of the spread (below, above) and of the masked share (above); docs/training.md says what they stand on."""
MEMORY = 0.96
"""Share of the running means that a batch keeps: they look at the last 25 or so."""
PATIENCE = 200
"""Optimiser steps without a line: a new network starts from one depth everywhere."""

SLOWER = "lower objective.learning_rate, or start from trained model.weights"
MOTION = (
    "with neighbours in time raise objective.auto_mask_after, or leave out what a standing camera has filmed; with "
    "stereo pairs look at the baseline and the calibration"
)


class Health(NamedTuple):
    """What is looked at, of a batch or as running means."""

    spread: Tensor
    """() standard deviation over mean of an image's disparity, mean of the images; 0 = one depth everywhere."""
    masked: Tensor
    """() share of the pixels that the auto-mask leaves out: no warped view explains them better than none."""


def health_of(depth: Tensor, auto_mask: Tensor) -> Health:
    """Health of a batch.

    Args:
        depth: (B,1,H,W), above 0.
        auto_mask: (B,1,H,W) bool, True = the pixel counts.
    """
    disparity = 1 / depth.detach().flatten(1)
    spread = disparity.std(1) / disparity.mean(1)
    return Health(spread.mean(), 1 - auto_mask.float().mean())


def illness(spread: float, masked: float) -> str:
    """What is wrong with these running means and what to do about it, in words; "" if nothing is wrong."""
    if spread < FLAT:
        told = f"the disparity of an image spreads by {spread:.3f} of its mean (below {FLAT}): one depth everywhere"
        return f"{told}; {SLOWER}"
    if spread > SCATTERED:
        told = f"the disparity of an image spreads by {spread:.1f} of its mean (above {SCATTERED}): holes in the far"
        return f"{told}; {SLOWER}"
    if masked > MASKED:
        told = f"the auto-mask leaves out {masked:.1%} of the pixels (above {MASKED:.0%}): no view explains them"
        return f"{told}; {MOTION}"
    return ""


class HealthCallback(Telling):
    """Logs `train/health_spread` and `train/health_masked` and prints a line when one of them is that of a collapse.

    Only steps that return {"prediction": ..., "maps": {"auto_mask": ...}} are looked at: those of self-supervised
    trainings. The line is printed once, and once more if the training has recovered and collapses again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._means: Tensor | None = None
        self._ill = False

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Lightning's hook."""
        maps = outputs.get("maps", {}) if isinstance(outputs, dict) else {}
        if "auto_mask" not in maps:
            return
        found = torch.stack(health_of(outputs["prediction"].depth, maps["auto_mask"]))
        means = found if self._means is None else self._means.to(found.device)
        means = torch.where(means.isfinite(), means, found)
        # A step that is skipped for what is not finite says nothing.
        self._means = torch.where(found.isfinite(), MEMORY * means + (1 - MEMORY) * found, means)
        if trainer.global_step % trainer.log_every_n_steps:  # pyright: ignore[reportAttributeAccessIssue]
            return
        spread, masked = self._means.tolist()
        pl_module.log_dict({"train/health_spread": spread, "train/health_masked": masked})
        self._judge(trainer, spread, masked)

    def state_dict(self) -> dict[str, Any]:
        """The running means: a resumed run logs what an uninterrupted one does."""
        return {"means": self._means, "ill": self._ill}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with them."""
        self._means, self._ill = state_dict["means"], state_dict["ill"]

    def _judge(self, trainer: L.Trainer, spread: float, masked: float) -> None:
        wrong = illness(spread, masked) if trainer.global_step >= PATIENCE else ""
        if wrong and not self._ill:
            self.tell(trainer, "collapse", wrong)
        self._ill = bool(wrong)

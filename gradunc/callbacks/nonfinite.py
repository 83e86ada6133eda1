"""Networks that predict no number are never the best, saved, exported or tabled."""

from typing import Any, cast

import lightning as L
import torch
from torch import Tensor
from torch.optim import Optimizer

from gradunc.callbacks.stages import Stage, StageCallback
from gradunc.errors import InputError
from gradunc.ops.finite import broken, broken_name


class NonFiniteCallback(StageCallback):
    """Ends a run whose network is broken, before anything of it is written. Stands first in the list.

    Looked at are the weights (before the first step, before a validation, and whatever a checkpoint would hold), the
    predictions of every validation and test, and the metric that chooses the best checkpoint.

    Args:
        monitor: name of that metric; None if no checkpoint is chosen.

    Raises:
        InputError: weights or the metric are not finite, or not a single predicted value is. Every process raises it.
    """

    def __init__(self, monitor: str | None = None) -> None:
        self.monitor = monitor
        self._finite = torch.zeros(())
        self._images = 0
        self._rates: list[float] = []
        """Learning rates of the last step; the schedule may have changed them since."""

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The weights that training starts from."""
        if name := broken_name(pl_module.state_dict()):
            raise InputError(
                f"'{name}' of the network is not finite before the first step, so nothing can be learned; give "
                "model.weights or resume of a network that was trained without diverging"
            )

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        """Keep the learning rates for messages."""
        self._rates = [float(group["lr"]) for group in optimizer.param_groups]

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The weights that a validation inside `fit` would judge."""
        if trainer.state.fn == "fit":
            self._check_weights(pl_module.state_dict(), trainer)

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        """The weights that would be saved; an average of finite ones is finite."""
        self._check_weights(checkpoint["state_dict"], trainer)

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Begin anew."""
        self._finite, self._images = torch.zeros((), device=pl_module.device), 0

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Count finite values; nothing waits for the device."""
        prediction = outputs.get("prediction") if isinstance(outputs, dict) else None
        if prediction is not None:
            self._finite = self._finite + prediction.depth.isfinite().sum()
            self._images += len(prediction.depth)

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """A network without a single finite value has nothing to compare."""
        counts = torch.stack([self._finite, self._finite.new_tensor(float(self._images))])
        finite, images = cast(Tensor, trainer.strategy.reduce(counts, reduce_op="sum")).tolist()
        if not images or finite:
            return
        what = f"no value that the network predicts for {int(images)} {_NAMES[stage]} images is finite"
        if trainer.state.fn == "fit":
            raise self._diverged(what, trainer)
        raise InputError(f"{what}; give a network that was trained without diverging")

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The metric that chooses the best checkpoint, before it is chosen by it."""
        value = trainer.callback_metrics.get(self.monitor or "")
        if trainer.state.fn == "fit" and value is not None and bool(broken([value])):
            what = f"{self.monitor}, which chooses the best checkpoint, is {float(value)}"
            raise self._diverged(what, trainer, "training diverged, or the validation data are broken")

    def _check_weights(self, state: dict[str, Tensor], trainer: L.Trainer) -> None:
        name = broken_name(state)
        # Buffers may differ between processes; none may wait for one that has ended.
        if trainer.strategy.reduce_boolean_decision(name is not None, all=False):
            raise self._diverged(f"'{name or 'a buffer of another process'}' of the network is not finite", trainer)

    def _diverged(self, what: str, trainer: L.Trainer, verdict: str = "training diverged") -> InputError:
        rates = ", ".join(f"{rate:g}" for rate in self._rates)
        return InputError(
            f"{verdict}: {what} after {trainer.global_step} steps with learning rate {rates}; "
            "lower objective.learning_rate or set trainer.gradient_clip_val"
        )


_NAMES = {"val": "validation", "test": "test", "predict": "input"}

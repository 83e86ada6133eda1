"""Lightning's hooks around an optimiser step, for what is done about one that is not finite."""

from typing import Any

from torch import nn
from torch.optim import Optimizer

from gradunc.training.evaluation_module import DepthEvaluation
from gradunc.training.finite_steps import FiniteSteps
from gradunc.types import Sample

STEPS = "finite_steps"
"""Where a checkpoint keeps how many optimiser steps were taken and left out."""


class GuardedModule(DepthEvaluation):
    """A module whose training step hands its losses to `finite_steps.check_losses`.

    Args:
        depth_model: returns a `DepthPrediction`.
        finite_steps: what is done about losses and gradients that are not finite.
    """

    def __init__(self, depth_model: nn.Module, finite_steps: FiniteSteps) -> None:
        super().__init__(depth_model)
        self.finite_steps = finite_steps

    def on_train_start(self) -> None:
        """Forget a step in which an earlier training has ended."""
        self.finite_steps.reset()

    def on_train_batch_start(self, batch: Sample, batch_idx: int) -> None:
        """Before the forward pass, which already changes buffers."""
        self.finite_steps.begin(self)

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Before gradients are clipped, which would hide what is not finite."""
        self.finite_steps.before_step()

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Lightning's step; callbacks see the weights after what is done about a step that is not finite."""
        super().optimizer_step(*args, **kwargs)
        self.finite_steps.after_step()

    def on_validation_model_eval(self) -> None:
        """Nothing of the training may be in doubt when it is judged; callbacks look at the weights after this."""
        if self.trainer.state.fn == "fit":
            self.finite_steps.settle()
        super().on_validation_model_eval()

    def on_train_epoch_end(self) -> None:
        """Nor when Lightning saves a checkpoint, which it does after this."""
        self.finite_steps.settle()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the count of steps; none of them may be in doubt."""
        self.finite_steps.settle()
        checkpoint[STEPS] = self.finite_steps.policy.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on counting the steps; the test after a training leaves them alone."""
        if self.trainer.state.fn == "fit" and STEPS in checkpoint:
            self.finite_steps.policy.load_state_dict(checkpoint[STEPS])

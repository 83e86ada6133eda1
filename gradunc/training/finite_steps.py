"""Optimiser steps whose loss or gradient is not finite: they end the training, or are left out and counted."""

from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from gradunc.errors import InputError, unknown
from gradunc.ops.finite import broken
from gradunc.training.look import GRADIENT, Look
from gradunc.training.protected import Protected
from gradunc.types import Sample

ON_NONFINITE = ("stop", "skip")
ADVICE = "lower objective.learning_rate or set trainer.gradient_clip"


class FiniteSteps:
    """Looks at the losses of every batch and at the gradients of every step.

    On a CPU before the backward pass and before the step. On other devices nothing waits for a look: its flags mask the
    step there, and are read after the next batch has been given to the device; both batches are kept until then. All
    processes take the same decision, because flags are reduced over them.

    Args:
        on_nonfinite: "stop" ends the training; "skip" leaves the whole optimiser step out, with all batches that are
            accumulated in it: weights, buffers and moments stay as they were. The schedule goes on.
        immediate: whether flags are read at once; None = on a CPU.

    Raises:
        InputError: an unknown policy.
    """

    def __init__(self, on_nonfinite: str = "stop", immediate: bool | None = None) -> None:
        if on_nonfinite not in ON_NONFINITE:
            raise unknown("trainer.on_nonfinite", on_nonfinite, ON_NONFINITE)
        self.skip, self._immediate = on_nonfinite == "skip", immediate
        self.steps = 0
        """Optimiser steps of the whole run, those that were left out among them."""
        self.skipped = 0
        """Steps that were left out, as far as their flags have been read."""
        self._current: Look | None = None
        self._unread: list[Look] = []
        self._bad: Tensor | None = None
        """() bool: whether anything of the optimiser step was not finite so far; None before its first batch."""
        self._protected: Protected | None = None
        self._reason, self._last = "", -1

    def begin(self, module: L.LightningModule) -> None:
        """Called before the forward pass of every batch; before the first one of a step, values are kept."""
        self._module = module
        self.immediate = module.device.type == "cpu" if self._immediate is None else self._immediate
        self._put_off()
        if self._bad is not None:
            return
        self._bad = torch.zeros((), dtype=torch.bool, device=module.device)
        # The forward pass already changes buffers: the statistics of BatchNorm.
        if self.skip or not self.immediate:
            parameters = [] if self.immediate else module.parameters()
            moments = self._optimizer() if self.skip and not self.immediate else None
            self._protected = Protected([*parameters, *module.buffers()], moments)

    def look(self, batch: Sample, losses: dict[str, Tensor]) -> Tensor:
        """The loss to differentiate: `losses["loss"]`, unless it is known that one of the losses () is not finite.

        Without `begin`, that is outside of a trainer, nothing is looked at.

        Raises:
            InputError: one is not, and the policy is "stop".
        """
        if self._bad is None:
            return losses["loss"]
        flags = self._reduced(broken(losses.values()))
        trainer = self._module.trainer
        rates = [float(group["lr"]) for group in self._optimizer().param_groups]
        self._current = Look(trainer.global_step, trainer.current_epoch, rates, list(losses), flags, batch)
        self._add(flags.any())
        if self.immediate and self._is_bad(self._current):
            # The other processes wait for the gradients of this one: they are 0.
            return torch.stack([(0 * one).sum() for one in self._module.parameters() if one.requires_grad]).sum()
        return losses["loss"]

    def before_step(self) -> None:
        """Called when the gradients of all batches of the step are there.

        Raises:
            InputError: one is not finite, and the policy is "stop".
        """
        assert self._current is not None and self._bad is not None, "a step has at least one batch"
        gradients = [one.grad for one in self._module.parameters() if one.grad is not None]
        # A scaler of float16 looks for its own overflows, leaves their steps out, and lowers its factor.
        if gradients and getattr(self._module.trainer.precision_plugin, "scaler", None) is None:
            flag = ~get_total_norm(gradients, torch.inf).isfinite()
            self._current.add(GRADIENT, flag)
            self._add(flag)
            if self.immediate:
                self._is_bad(self._current)
        if self.immediate and bool(self._bad):
            # An optimiser passes weights without a gradient by, with their moments.
            for parameter in self._module.parameters():
                parameter.grad = None

    def after_step(self) -> None:
        """Called after the optimiser: put back what a step that is left out has changed.

        Raises:
            InputError: an earlier step was not finite, and the policy is "stop".
        """
        assert self._bad is not None, "a step has at least one batch"
        if self._protected is not None and not (self.immediate and not bool(self._bad)):
            self._protected.restore(self._bad)
        self._protected = self._bad = None
        self.steps += 1
        self._put_off()

    def settle(self) -> None:
        """Read what has not been read yet; called before anything is validated or saved.

        Raises:
            InputError: a step was not finite, and the policy is "stop"; or every step so far was left out.
        """
        self._put_off(keep=0)
        if self.skipped and self.skipped == self.steps:
            raise InputError(f"all {self.steps} optimiser steps were skipped, the first because {self._reason}")

    def lines(self) -> list[str]:
        """What the end of a run says: how many steps were left out, if any."""
        if not self.skipped:
            return []
        return [f"{self.skipped} of {self.steps} optimiser steps were skipped, the first because {self._reason}"]

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run goes on counting from."""
        return {"steps": self.steps, "skipped": self.skipped, "reason": self._reason}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting."""
        self.steps, self.skipped, self._reason = state["steps"], state["skipped"], state["reason"]

    def _add(self, flag: Tensor) -> None:
        assert self._bad is not None
        self._bad = self._bad | flag

    def _put_off(self, keep: int = 1) -> None:
        """Have the flags of the current batch copied, and read all but the newest `keep`."""
        if self._current is not None and not self.immediate:
            self._current.read_later()
            self._unread.append(self._current)
        self._current = None
        while len(self._unread) > keep:
            self._is_bad(self._unread.pop(0))

    def _is_bad(self, look: Look) -> bool:
        """Read the flags of a batch; stop, or count its step."""
        found = look.found()
        if not found:
            return False
        if not self.skip:
            raise InputError(f"training diverged: {self._described(look, found)}; {ADVICE}")
        if look.step != self._last:
            self.skipped, self._last = self.skipped + 1, look.step
        if not self._reason:
            self._reason = self._described(look, found)
            rank_zero_warn(f"an optimiser step is skipped: {self._reason}; further ones are counted")
        return True

    def _described(self, look: Look, found: list[str]) -> str:
        """What was not finite, and where its batch lies."""
        trainer = self._module.trainer
        if trainer.checkpoint_callback is None:  # the trainer writes nothing
            return look.describe(found)
        try:
            path = look.save(Path(trainer.default_root_dir), trainer.global_rank, found)
        except OSError as error:
            return f"{look.describe(found)}, its batch could not be saved ({error.strerror or error})"
        return f"{look.describe(found)}, its batch is saved as {path}"

    def _optimizer(self) -> Optimizer:
        return self._module.trainer.optimizers[0]

    def _reduced(self, flags: Tensor) -> Tensor:
        """The flags of all processes together."""
        if self._module.trainer.world_size == 1:
            return flags
        counts = flags.to(torch.uint8)
        torch.distributed.all_reduce(counts, torch.distributed.ReduceOp.MAX)
        return counts.bool()

"""Optimiser steps whose loss or gradient is not finite: found before they change a weight, or without waiting."""

from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from gradunc.errors import InputError
from gradunc.ops.finite import broken
from gradunc.training.batch_check import GRADIENT, BatchCheck
from gradunc.training.nonfinite_policy import NonFinitePolicy
from gradunc.training.protected import Protected
from gradunc.types import Sample

SMALLEST_SCALE = 2.0**-10
"""Of a float16 loss: gradients that overflow below it would overflow at any scale. PyTorch starts with 2^16."""


class FiniteSteps:
    """Checks the losses of every batch and the gradients of every step.

    On a CPU before the backward pass and before the step. On other devices nothing waits for a check: its flags mask
    the step there, and are read after the next batch has been given to the device; both batches are kept until then,
    and with "skip" a copy of the weights and moments. All processes decide alike, because flags are reduced.

    Args:
        on_nonfinite: "stop" ends the training; "skip" leaves the whole optimiser step out, with all batches that are
            accumulated in it: weights, buffers and moments stay as they were. The schedule goes on.
        immediate: whether flags are read at once; None = on a CPU.

    Raises:
        InputError: an unknown policy.
    """

    def __init__(self, on_nonfinite: str = "stop", immediate: bool | None = None) -> None:
        self.policy = NonFinitePolicy(on_nonfinite)
        self._immediate = immediate
        self._scaler: Any = None
        """That of float16 training, which leaves steps with overflows out and halves its factor."""
        self.reset()

    def reset(self) -> None:
        """Forget what has been begun; the count of steps stays."""
        self._current: BatchCheck | None = None
        self._unread: list[BatchCheck] = []
        self._bad: Tensor | None = None
        """() bool: whether anything of the optimiser step was not finite so far; None before its first batch."""
        self._protected: Protected | None = None

    def begin(self, module: L.LightningModule) -> None:
        """Called before the forward pass of every batch; before the first one of a step, values are kept.

        Raises:
            InputError: an earlier batch was not finite, and the policy is "stop".
        """
        self._module = module
        self._scaler = getattr(module.trainer.precision_plugin, "scaler", None)
        self.immediate = module.device.type == "cpu" if self._immediate is None else self._immediate
        self._put_off()
        if self._bad is not None:
            return
        self._bad = torch.zeros((), dtype=torch.bool, device=module.device)
        # The forward pass already changes buffers: the statistics of BatchNorm.
        if self.policy.skip:
            weights, optimizer = ([], None) if self.immediate else (module.parameters(), self._optimizer())
            self._protected = Protected([*weights, *module.buffers()], optimizer)

    def check_losses(self, batch: Sample, losses: dict[str, Tensor]) -> Tensor:
        """The loss to differentiate: `losses["loss"]`, unless it is known that one of the losses () is not finite.

        Without `begin`, that is outside of a trainer, nothing is checked.

        Raises:
            InputError: one is not, and the policy is "stop".
        """
        if self._bad is None:
            return losses["loss"]
        flags = self._reduced(broken(losses.values()))
        trainer = self._module.trainer
        rates = [float(group["lr"]) for group in self._optimizer().param_groups]
        self._current = BatchCheck(trainer.global_step, trainer.current_epoch, rates, list(losses), flags, batch)
        self._bad = self._bad | flags.any()
        if self.immediate and self._is_bad(self._current):
            # The other processes wait for the gradients of this one: they are 0.
            return torch.stack([(0 * one).sum() for one in self._module.parameters() if one.requires_grad]).sum()
        return losses["loss"]

    def before_step(self) -> None:
        """Called when the gradients of all batches of the step are there.

        Raises:
            InputError: one is not finite, and the policy is "stop".
        """
        if self._current is None or self._bad is None:
            return
        gradients = [one.grad for one in self._module.parameters() if one.grad is not None]
        # A scaler of float16 looks for its own overflows, leaves their steps out, and lowers its factor.
        if gradients and self._scaler is None:
            flag = ~get_total_norm(gradients, torch.inf).isfinite()
            self._current.add(GRADIENT, flag)
            self._bad = self._bad | flag
            if self.immediate:
                self._is_bad(self._current)
        if self.immediate and bool(self._bad):
            # An optimiser passes weights without a gradient by, with their moments.
            for parameter in self._module.parameters():
                parameter.grad = None
        elif not self.immediate and not self.policy.skip:
            # The step of a training that is about to end: the weights stay numbers.
            for gradient in gradients:
                gradient.masked_fill_(self._bad, 0)

    def after_step(self) -> None:
        """Called after the optimiser: put back what a step that is left out has changed.

        Raises:
            InputError: an earlier step was not finite, and the policy is "stop".
        """
        bad, protected = self._bad, self._protected
        self._bad = self._protected = None
        if bad is not None and protected is not None and not (self.immediate and not bool(bad)):
            protected.restore(bad)
        self.policy.steps += 1
        self._put_off()

    def settle(self) -> None:
        """Read what has not been read yet; called before anything is validated or saved.

        Raises:
            InputError: a step was not finite, and the policy is "stop"; or every step so far was left out, by the
                policy or by the scaler of float16.
        """
        self._put_off(keep=0)
        self.policy.check_some_left()
        if self._scaler is not None and self._scaler.get_scale() < SMALLEST_SCALE:
            raise InputError(
                "the gradients of every step overflow in float16, however small the loss is scaled, so nothing is "
                "learned; set trainer.precision=bf16-mixed or 32-true, or lower objective.learning_rate"
            )

    def _put_off(self, keep: int = 1) -> None:
        """Have the flags of the current batch copied, and read all but the newest `keep`."""
        if self._current is not None and not self.immediate:
            self._current.read_later()
            self._unread.append(self._current)
        self._current = None
        while len(self._unread) > keep:
            self._is_bad(self._unread.pop(0))

    def _is_bad(self, check: BatchCheck) -> bool:
        return self.policy.is_bad(check, self._module.trainer)

    def _optimizer(self) -> Optimizer:
        return self._module.trainer.optimizers[0]

    def _reduced(self, flags: Tensor) -> Tensor:
        """The flags of all processes together."""
        if self._module.trainer.world_size == 1:
            return flags
        counts = flags.to(torch.uint8)
        torch.distributed.all_reduce(counts, torch.distributed.ReduceOp.MAX)
        return counts.bool()

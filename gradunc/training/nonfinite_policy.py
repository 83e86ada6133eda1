"""What becomes of an optimiser step that is not finite: the training ends, or the step is counted."""

import warnings
from pathlib import Path
from typing import Any

import lightning as L

from gradunc.errors import InputError, unknown
from gradunc.training.batch_check import BatchCheck
from gradunc.training.choices import ON_NONFINITE


class NonFinitePolicy:
    """Reads checks of batches, and keeps count.

    Args:
        on_nonfinite: "stop" or "skip".

    Raises:
        InputError: an unknown policy.
    """

    def __init__(self, on_nonfinite: str) -> None:
        if on_nonfinite not in ON_NONFINITE:
            raise unknown("trainer.on_nonfinite", on_nonfinite, ON_NONFINITE)
        self.skip = on_nonfinite == "skip"
        self.steps = 0
        """Optimiser steps of the whole run, those that were left out among them."""
        self.skipped = 0
        """Steps that were left out, as far as their checks have been read."""
        self._reason, self._last = "", -1

    def is_bad(self, check: BatchCheck, trainer: L.Trainer) -> bool:
        """Whether a batch is not finite; its step is counted then, its batch saved if it is the first one.

        Raises:
            InputError: it is not finite, and the policy is "stop".
        """
        found = check.found()
        if not found:
            return False
        if not self.skip:
            advice = "lower objective.learning_rate or set trainer.gradient_clip_val"
            raise InputError(f"training diverged: {_described(check, found, trainer)}; {advice}")
        if check.step != self._last:
            self.skipped, self._last = self.skipped + 1, check.step
        if not self._reason:
            self._reason = _described(check, found, trainer)
            if trainer.is_global_zero:
                warnings.warn(
                    f"an optimiser step is skipped: {self._reason}; further ones are only counted", stacklevel=2
                )
        return True

    def check_some_left(self) -> None:
        """Raise `InputError` if every step so far was left out."""
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


def _described(check: BatchCheck, found: list[str], trainer: L.Trainer) -> str:
    """What was not finite, and where its batch lies."""
    if trainer.checkpoint_callback is None:  # the trainer writes nothing
        return check.describe(found)
    try:
        path = check.save(Path(trainer.default_root_dir), trainer.global_rank, found)
    except OSError as error:
        return f"{check.describe(found)}, its batch could not be saved ({error.strerror or error})"
    return f"{check.describe(found)}, its batch is saved as {path}"

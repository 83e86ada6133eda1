"""Tells that a network has died: it says one number everywhere, and nothing will move it."""

from typing import Any

import lightning as L

from gradunc.callbacks.telling import Telling

TIMES = 3
"""Looks in a row, one at each step that is logged, at which every image of the batch is one number."""
ADVICE = "lower objective.learning_rate, or raise it slowly with objective.warmup_steps or schedule=onecycle"


class DeadOutputCallback(Telling):
    """Prints a line when the output of a training step, {"prediction": ...}, stays one number in every image.

    So end networks whose last ReLU gives 0 everywhere: the loss goes on as if nothing had happened, for it has no
    gradient there. The line is printed once, and once more if the network has come back and dies again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._times = 0

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Lightning's hook."""
        prediction = outputs.get("prediction") if isinstance(outputs, dict) else None
        if prediction is None or trainer.global_step % trainer.log_every_n_steps:  # pyright: ignore[reportAttributeAccessIssue]
            return
        values = prediction.depth.detach().flatten(1)
        self._times = self._times + 1 if bool((values.amax(1) == values.amin(1)).all()) else 0
        if self._times == TIMES:
            said = f"the network says {float(values[0, 0]):g} at every pixel of every image"
            self.tell(trainer, "dead", f"{said}; {ADVICE}")

"""A network whose output has died is told of."""

from typing import Any

import lightning as L
import torch
from torch import Tensor, nn

from gradunc.callbacks import DeadOutputCallback
from gradunc.losses import LossEngine
from gradunc.models import build_model
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.training import DepthTraining
from tests.contracts.small_networks import SHALLOW
from tests.training.helpers import Toy, quiet_trainer, sample


class Scripted(L.LightningModule):
    """One parameter; its step says the next output of a script: one number, or two."""

    def __init__(self, alive: list[bool]) -> None:
        super().__init__()
        self.alive, self.weight = alive, nn.Parameter(torch.zeros(()))

    def training_step(self, batch: Tensor, batch_idx: int) -> dict[str, Any]:
        depth = torch.full((2, 1, 2, 2), 0.5)
        if self.alive[batch_idx]:
            depth[1, 0, 0, 0] = 0.6
        return {"loss": self.weight**2, "prediction": type("Prediction", (), {"depth": depth})}

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 0.1)


def told(script: list[bool]) -> list[str]:
    watch = DeadOutputCallback()
    trainer = quiet_trainer(callbacks=[watch], log_every_n_steps=2, limit_train_batches=len(script))
    trainer.fit(Scripted(script), torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(len(script)))))
    return watch.told


def test_a_line_each_time_it_dies(capsys) -> None:
    """Steps 2, 4, 6 are looked at; one image that lives is enough, and so is one look."""
    assert told([True] * 10) == told([False] * 5) == told([False, False, False, False, False, True, False, False]) == []
    lines = told([False] * 12 + [True] * 2 + [False] * 6)
    assert [line.split(":")[1] for line in lines] == [" dead at step 6", " dead at step 20"]
    assert "says 0.5 at every pixel of every image; lower objective.learning_rate" in lines[0]
    assert capsys.readouterr().err.splitlines()[-2:] == lines


def test_a_relu_that_gives_nothing() -> None:
    model = build_model(DepthAnythingSettings(**SHALLOW, head="relative"))
    for name, weights in model.named_parameters():
        if name.endswith("bias"):
            weights.data -= 1e3
    watch, data = DeadOutputCallback(), Toy([sample(i, height=64, width=96) for i in range(3)])
    module = DepthTraining(model, LossEngine({"ssi": 1.0}))
    quiet_trainer(callbacks=[watch], log_every_n_steps=1, limit_val_batches=0).fit(
        module, torch.utils.data.DataLoader(data, batch_size=1)
    )
    assert len(watch.told) == 1
    assert "says 0 at every pixel" in watch.told[0]

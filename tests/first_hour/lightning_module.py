"""The callback on a LightningModule that knows nothing of gradunc, with batches that are tuples."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from gradunc import GradientUncertainty
from gradunc.callbacks import UncertaintyCallback


class MyModule(L.LightningModule):
    """A supervised depth network, as a tutorial has it."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1), nn.Softplus())

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], index: int) -> torch.Tensor:
        image, depth = batch
        return nn.functional.l1_loss(self.net(image), depth)

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], index: int) -> dict[str, torch.Tensor]:
        image, depth = batch
        return {"error": (self.net(image) - depth).abs()}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters())


class Look(L.Callback):
    """Whoever comes after the callback finds its estimates."""

    seen = 0

    def on_test_batch_end(self, trainer, module, outputs, batch, index, loader=0) -> None:
        assert outputs["estimates"]["flip"].uncertainty.shape == (2, 1, 32, 64)
        self.seen += 1


torch.manual_seed(0)
data = DataLoader(TensorDataset(torch.rand(4, 3, 32, 64), 1 + torch.rand(4, 1, 32, 64)), batch_size=2)
look = Look()
trainer = L.Trainer(
    max_epochs=1,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    callbacks=[UncertaintyCallback({"flip": GradientUncertainty}, model="net"), look],
)
module = MyModule()
trainer.fit(module, data)
trainer.test(module, data)
assert look.seen == 2

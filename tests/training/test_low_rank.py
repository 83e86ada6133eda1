"""LoRA: what the encoder was stays, what it learns is in the files."""

from pathlib import Path

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.models import EncoderDecoder, build_model, export_model, load_model
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.ops.low_rank import merged
from gradunc.training import DepthTraining, Optimization
from gradunc.training.low_rank import adapt_encoder
from gradunc.training.recomputing import recompute_layers
from gradunc.uncertainty.learned import checksum
from tests.contracts.small_networks import SHALLOW
from tests.training.helpers import quiet_trainer, random, tiny_model, toy_data

RANK = 2


def transformer() -> EncoderDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model(DepthAnythingSettings(**SHALLOW, head="sigmoid_depth"))


def test_it_begins_as_it_was_and_only_factors_train() -> None:
    plain, adapted = transformer().eval(), transformer().eval()
    encoder = plain.backbone
    assert encoder is not None
    linear = [one for one in encoder.modules() if isinstance(one, nn.Linear)]
    assert adapt_encoder(adapted, RANK) == len(linear) > 12
    image = random(0, 1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(adapted(image).depth, plain(image).depth)
    trained = sum(one.numel() for one in adapted.encoder.parameters() if one.requires_grad)
    assert trained == sum(RANK * (one.in_features + one.out_features) for one in linear)
    assert all(one.requires_grad for one in adapted.decoder.parameters())


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[DepthTraining, Path]:
    """A training of a few steps, and its checkpoint."""
    model = transformer()
    adapt_encoder(model, RANK)
    module = DepthTraining(model, LossEngine({"l1": 1.0}), optimization=Optimization("adamw", 1e-2, weight_decay=0.1))
    trainer = quiet_trainer(max_epochs=2, limit_val_batches=0)
    trainer.fit(module, toy_data(4))
    path = tmp_path_factory.mktemp("low_rank") / "last.ckpt"
    trainer.save_checkpoint(path)
    return module, path


def test_the_weights_stay_and_the_factors_learn(fitted: tuple[DepthTraining, Path]) -> None:
    before, after = transformer().state_dict(), fitted[0].depth_model.state_dict()
    kept = {key: value for key, value in after.items() if key.startswith("encoder.") and "lora_" not in key}
    assert len(kept) == sum(key.startswith("encoder.") for key in before)
    for key, value in kept.items():
        assert torch.equal(value, before[key.replace(".base_layer", "")]), key
    second = [value for key, value in after.items() if "lora_B" in key]
    assert all(value.abs().max() > 0 for value in second)


def test_files_hold_them_together(fitted: tuple[DepthTraining, Path], tmp_path: Path) -> None:
    module, path = fitted
    model = module.depth_model.eval()
    image = random(1, 1, 3, 64, 96)
    for source in (path, export_model(model, tmp_path / "export")):
        loaded = load_model(source)
        assert not any("lora_" in key for key in loaded.state_dict())
        with torch.no_grad():
            torch.testing.assert_close(loaded(image).depth, model(image).depth)
            assert not torch.allclose(transformer().eval()(image).depth, model(image).depth, rtol=1e-2)
        # What was fitted to the network in training belongs to the one in the file.
        assert checksum(loaded) == checksum(model)
    assert merged(model.state_dict()).keys() == transformer().state_dict().keys()


def test_with_gradient_checkpointing() -> None:
    found = []
    for twice in (False, True):
        model = transformer().train()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            adapt_encoder(model, RANK)
        if twice:
            recompute_layers(model.backbone)
        model.all_scales(random(0, 1, 3, 64, 96)).depth.log().mean().backward()
        found.append({name: one.grad for name, one in model.named_parameters() if one.grad is not None})
    assert any("lora_B" in name for name in found[0])
    torch.testing.assert_close(found[1], found[0])


@pytest.mark.parametrize(
    ("model", "message"), [(tiny_model(), r"objective\.lora_rank=4: .* without linear layers; omit it")]
)
def test_networks_that_cannot(model: EncoderDecoder, message: str) -> None:
    with pytest.raises(InputError, match=message):
        adapt_encoder(model, 4)

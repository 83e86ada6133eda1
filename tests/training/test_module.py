from typing import Any

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import LambdaCallback
from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs, LossResult
from gradunc.losses.supervised import SILog
from gradunc.models import Monodepth2Settings, build_model
from gradunc.training import DepthTraining
from tests.training.helpers import SpyPose, batch, quiet_trainer, random, tiny_model, toy_data

AXIS, SHIFT = (0.1, -0.2, 0.3), (0.5, 0.0, -1.0)
SELF_SUPERVISED = {"photometric": 1.0, "smoothness": 1e-3}


class SpyEngine(LossEngine):
    """Remembers what it is given."""

    seen: LossInputs
    autocast: bool

    def __call__(self, inputs: LossInputs) -> LossResult:
        self.seen, self.autocast = inputs, torch.is_autocast_enabled("cpu")
        return super().__call__(inputs)


def training(engine: LossEngine | None = None, **keywords: Any) -> DepthTraining:
    return DepthTraining(tiny_model(), engine or LossEngine(SELF_SUPERVISED), **keywords)


def rigid(axis_angle: tuple[float, ...], shift: tuple[float, ...]) -> Tensor:
    """Rotate, then translate; by the matrix exponential."""
    x, y, z = axis_angle
    pose = torch.eye(4, dtype=torch.float64)
    skew = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], dtype=torch.float64)
    pose[:3, :3] = torch.linalg.matrix_exp(skew)
    pose[:3, 3] = torch.tensor(shift)
    return pose


def test_frames_go_to_the_pose_network_in_temporal_order() -> None:
    spy, given = SpyPose(AXIS, SHIFT), batch(2, 2)
    poses = training(frames=[-1, 1], pose_network=spy).poses(given)
    before, after = given["sources"].unbind(1)
    assert torch.equal(spy.pairs[0][0], before)
    assert torch.equal(spy.pairs[0][1], given["image"])
    assert torch.equal(spy.pairs[1][0], given["image"])
    assert torch.equal(spy.pairs[1][1], after)
    # Motion from the earlier to the later frame; target -> earlier source is its inverse.
    motion = rigid(AXIS, SHIFT)
    assert torch.allclose(poses[:, 1].detach().double(), motion.expand(2, 4, 4), atol=1e-5)
    assert torch.allclose(poses[:, 0].detach().double(), torch.linalg.inv(motion).expand(2, 4, 4), atol=1e-5)


def test_stereo_pose_is_the_known_one_beside_temporal_ones() -> None:
    spy, given = SpyPose(AXIS, SHIFT), batch(2, 3)
    given["source_pose"][:, 2, 0, 3] = torch.tensor([-0.54, 0.54])
    poses = training(frames=[-1, 1, "s"], pose_network=spy).poses(given)
    assert len(spy.pairs) == 2
    assert torch.equal(poses[:, 2], given["source_pose"][:, 2])


@pytest.mark.parametrize("hide", [True, False])
def test_unknown_stereo_pose_is_an_error(hide: bool) -> None:
    given = batch(2, 1)
    given["source_pose"][1, 0, 2, 3] = torch.nan
    if hide:
        del given["source_pose"]
    with pytest.raises(InputError, match=r"pose of the other camera is unknown.*objective=mono"):
        training(frames=["s"]).poses(given)


def test_missing_sources_are_named() -> None:
    with pytest.raises(InputError, match=r"no source views.*objective.frames=\['s'\]"):
        training(frames=["s"]).poses(batch(2))


@pytest.mark.parametrize("frames", [[-1, 1], ["s", 1]])
def test_temporal_frames_need_a_pose_network(frames: list[int | str]) -> None:
    with pytest.raises(InputError, match="needs a pose network"):
        training(frames=frames)
    training(frames=["s"])


def test_networks_see_the_augmented_views_and_the_loss_the_others() -> None:
    engine, spy, given = SpyEngine(SELF_SUPERVISED), SpyPose(AXIS, SHIFT), batch(2, 1)
    given["augmented_image"], given["augmented_sources"] = random(50, 2, 3, 32, 64), random(51, 2, 1, 3, 32, 64)
    module = training(engine, frames=[1], pose_network=spy)
    seen: list[Tensor] = []
    module.depth_model.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    module._losses(given)
    assert torch.equal(seen[0], given["augmented_image"])
    assert torch.equal(spy.pairs[0][0], given["augmented_image"])
    assert torch.equal(spy.pairs[0][1], given["augmented_sources"][:, 0])
    assert torch.equal(engine.seen.sample["image"], batch(2, 1)["image"])
    assert torch.equal(engine.seen.sources[0], batch(2, 1)["sources"][:, 0])


def test_losses_are_computed_in_float32_under_autocast() -> None:
    engine, given = SpyEngine(SELF_SUPERVISED), batch(2, 1)
    module = training(engine, frames=["s"])
    computed: list[torch.dtype] = []
    module.depth_model.decoder.register_forward_hook(lambda *arguments: computed.append(arguments[2].output[0].dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        prediction, result = module._losses(given)
    assert computed == [torch.bfloat16]
    assert not engine.autocast
    assert result.total.dtype == torch.float32
    assert {x.dtype for x in (prediction.depth, *engine.seen.prediction.scales, engine.seen.poses)} == {torch.float32}


def test_all_scales_are_trained() -> None:
    engine = SpyEngine({"l1": 1.0})
    training(engine)._losses(batch(2))
    assert [tuple(x.shape[-2:]) for x in engine.seen.prediction.scales] == [(32, 64), (16, 32), (8, 16), (4, 8)]


def test_steps_return_what_callbacks_read() -> None:
    module = training(frames=["s"])
    outputs: dict[str, Any] = {}

    def keep(stage: str) -> Any:
        def hook(trainer: Any, pl_module: Any, out: Any, *_: Any, **__: Any) -> None:
            outputs[stage] = out

        return hook

    callback = L.Callback()
    callback.on_train_batch_end = keep("train")
    callback.on_validation_batch_end = keep("val")
    trainer = quiet_trainer(callbacks=[callback], limit_train_batches=1, limit_val_batches=1)
    data = toy_data(2, 1, eval_batch_size=2)
    trainer.fit(module, data)
    for stage in ("train", "val"):
        assert outputs[stage]["prediction"].depth.shape == (2, 1, 32, 64)
        assert set(outputs[stage]["maps"]) == {"auto_mask", "photometric", "warped"}
    assert {"train/loss", "train/photometric", "train/smoothness", "val/loss", "val/photometric"} <= set(
        trainer.callback_metrics
    )


def test_checkpoint_holds_what_the_network_is_built_from(tmp_path) -> None:
    module = training(frames=["s"], config={"name": "tiny", "model": {"size": [32, 64]}})
    checkpoint: dict[str, Any] = {}
    module.on_save_checkpoint(checkpoint)
    entry = checkpoint["gradunc"]
    assert entry["schema"] == 2
    assert entry["config"] == {"name": "tiny", "model": {"size": [32, 64]}}
    rebuilt = build_model(Monodepth2Settings(**entry["model"]))
    assert rebuilt.state_dict().keys() == module.depth_model.state_dict().keys()


def test_validation_twice_gives_the_same_numbers() -> None:
    module, data = training(frames=["s"]), toy_data(3, 1)
    first, second = (quiet_trainer().validate(module, data, verbose=False) for _ in range(2))
    assert first == second
    assert set(first[0]) == {"val/loss", "val/photometric", "val/smoothness"}


def test_validation_means_count_every_sample_alike() -> None:
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    by_one, by_two = (
        quiet_trainer().validate(module, toy_data(3, eval_batch_size=size), verbose=False)[0]["val/l1"]
        for size in (1, 2)
    )
    assert by_two == pytest.approx(by_one, rel=1e-5)  # all images have as many valid pixels, so L1 is a plain mean


def test_a_linear_head_is_refused_where_a_term_needs_positive_depth(monkeypatch) -> None:
    """The message names the term that the engine names, whichever that is."""
    monkeypatch.setattr(SILog, "needs", frozenset({"depth", "positive_depth"}))
    for loss in ("silog", "photometric"):
        with pytest.raises(
            InputError, match=f"^objective.losses.{loss} needs positive depth; set model.head=disparity"
        ):
            DepthTraining(tiny_model(head="depth"), LossEngine({"l1": 1.0, loss: 1.0}))


@pytest.mark.parametrize(("steps", "expected"), [(0, True), (1, False)])
def test_the_auto_mask_waits_in_training_and_not_in_validation(steps, expected) -> None:
    engine = SpyEngine(SELF_SUPERVISED)
    module = training(engine, frames=[-1, 1], pose_network=SpyPose(AXIS, SHIFT), auto_mask_after=steps)
    module._losses(batch(2, 2))
    assert engine.seen.auto_masked is expected
    module.eval()._losses(batch(2, 2))
    assert engine.seen.auto_masked


def test_the_auto_mask_begins_after_its_steps() -> None:
    engine, seen = SpyEngine(SELF_SUPERVISED), []
    module = training(engine, frames=[-1, 1], pose_network=SpyPose(AXIS, SHIFT), auto_mask_after=2)
    watch = LambdaCallback(
        on_train_batch_end=lambda *_: seen.append(engine.seen.auto_masked),
    )
    quiet_trainer(callbacks=[watch], limit_val_batches=0).fit(module, toy_data(8, 2))
    assert seen == [False, False, True, True]

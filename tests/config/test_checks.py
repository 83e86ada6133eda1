from dataclasses import dataclass, field, fields, is_dataclass
from typing import get_type_hints

import pytest

from gradunc.config import TrainConfig
from gradunc.config.checks import check_ranges
from gradunc.errors import InputError
from gradunc.options import POSITIVE_COUNT, WEIGHT, option
from tests.config.test_loading import train

OF_BATCHES = "must be a number of batches, at least 1, or a share of them as 0.1, at most 1.0"

WRONG = [
    ("seed=-1", "seed=-1 must be between 0 and 4294967295"),
    ("seed=4294967296", "seed=4294967296 must be between 0 and 4294967295"),
    ("trainer.accumulate_grad_batches=0", "trainer.accumulate_grad_batches=0 must be at least 1"),
    ("trainer.check_val_every_n_epoch=0", "trainer.check_val_every_n_epoch=0 must be at least 1"),
    ("trainer.picture_every=0", "trainer.picture_every=0 must be at least 1"),
    ("trainer.log_every_n_steps=0", "trainer.log_every_n_steps=0 must be at least 1"),
    ("trainer.num_nodes=0", "trainer.num_nodes=0 must be at least 1"),
    ("trainer.max_epochs=0", "trainer.max_epochs=0 must be at least 1, or -1 with trainer.max_steps"),
    ("trainer.max_epochs=-2", "trainer.max_epochs=-2 must be at least 1, or -1 with trainer.max_steps"),
    (
        "trainer.max_epochs=-1",
        "trainer.max_epochs=-1 without trainer.max_steps is endless training; set trainer.max_epochs",
    ),
    ("trainer.max_steps=0", "trainer.max_steps=0 must be at least 1, or -1 for no limit"),
    ("trainer.gradient_clip_val=-1", "trainer.gradient_clip_val=-1.0 must be above 0, or null for none"),
    (
        "trainer.precision=bf16",
        "trainer.precision=bf16 must be 32-true, bf16-mixed or 16-mixed; did you mean 'bf16-mixed'?",
    ),
    (
        "trainer.gradient_clip_algorithm=norms",
        "trainer.gradient_clip_algorithm=norms must be norm or value; did you mean 'norm'?",
    ),
    (
        "trainer.profiler=simpel",
        "trainer.profiler=simpel must be simple, advanced, pytorch or null; did you mean 'simple'?",
    ),
    ("trainer.limit_train_batches=0", f"trainer.limit_train_batches=0 {OF_BATCHES}"),
    ("trainer.limit_val_batches=0.0", f"trainer.limit_val_batches=0.0 {OF_BATCHES}"),
    ("trainer.limit_test_batches=1.5", f"trainer.limit_test_batches=1.5 {OF_BATCHES}"),
    ("trainer.early_stopping.patience=0", "trainer.early_stopping.patience=0 must be at least 1, or null for never"),
    ("trainer.early_stopping.min_delta=-1", "trainer.early_stopping.min_delta=-1.0 must be at least 0 and finite"),
    (
        "trainer.early_stopping.mode=low",
        "trainer.early_stopping.mode=low must be auto, min or max",
    ),
    ("trainer.checkpoint.every_n_epochs=0", "trainer.checkpoint.every_n_epochs=0 must be at least 1"),
    ("trainer.checkpoint.minutes=0", "trainer.checkpoint.minutes=0.0 must be above 0, or null for never"),
    ("trainer.checkpoint.save_top_k=0", "trainer.checkpoint.save_top_k=0 must be at least 1, or -1 for all"),
    ("objective.step_size=0", "objective.step_size=0 must be at least 1"),
    ("objective.learning_rate=-1", "objective.learning_rate=-1.0 must be above 0 and finite"),
    ("objective.learning_rate=0", "objective.learning_rate=0.0 must be above 0 and finite"),
    ("objective.learning_rate=nan", "objective.learning_rate=nan must be above 0 and finite"),
    ("objective.weight_decay=-1", "objective.weight_decay=-1.0 must be at least 0 and finite"),
    ("objective.gamma=0", "objective.gamma=0.0 must be above 0 and finite"),
    ("objective.frames=[s,s]", "objective.frames=['s','s'] must not name a view twice"),
    ("objective.frames=[-1,1,-1]", "objective.frames=[-1,1,-1] must not name a view twice"),
    ("objective.losses.photometric=-1", "objective.losses.photometric=-1.0 must be at least 0 and finite"),
    ("data.batch_size=0", "data.batch_size=0 must be at least 1"),
    ("data.eval_batch_size=0", "data.eval_batch_size=0 must be at least 1"),
    ("data.workers=-1", "data.workers=-1 must be at least 0"),
    ("data.synthetic.train_scenes=0", "data.synthetic.train_scenes=0 must be at least 1"),
    ("data.synthetic.seed=-1", "data.synthetic.seed=-1 must be between 0 and 4294967295"),
    ("data.augmentation.flip=1.5", "data.augmentation.flip=1.5 must be between 0 and 1"),
    ("data.augmentation.jitter=-0.1", "data.augmentation.jitter=-0.1 must be between 0 and 1"),
    ("data.augmentation.hue=0.6", "data.augmentation.hue=0.6 must be between 0 and 0.5 turns"),
    ("data.augmentation.brightness=-0.1", "data.augmentation.brightness=-0.1 must be at least 0 and finite"),
    ("data.augmentation.contrast=-0.1", "data.augmentation.contrast=-0.1 must be at least 0 and finite"),
    ("data.augmentation.saturation=-0.1", "data.augmentation.saturation=-0.1 must be at least 0 and finite"),
    ("objective.encoder_learning_rate=0", "objective.encoder_learning_rate=0.0 must be above 0, or null"),
    ("objective.warmup_steps=-1", "objective.warmup_steps=-1 must be at least 0"),
    ("objective.onecycle_rise=1", "objective.onecycle_rise=1.0 must be between 0 and 1"),
    ("objective.onecycle_start=0.5", "objective.onecycle_start=0.5 must be at least 1 and finite"),
    ("objective.onecycle_end=0", "objective.onecycle_end=0.0 must be at least 1 and finite"),
    ("objective.ema=1", "objective.ema=1.0 must be above 0 and below 1, or null for none"),
    ("evaluation.pictures=-1", "evaluation.pictures=-1 must be at least 0"),
]


@pytest.mark.parametrize(("argument", "message"), WRONG, ids=[argument for argument, _ in WRONG])
def test_out_of_range(argument, message):
    with pytest.raises(InputError) as error:
        train(argument)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "arguments",
    [
        ["trainer.max_epochs=-1", "trainer.max_steps=5"],
        ["trainer.gradient_clip_val=null"],
        ["trainer.profiler=null", "trainer.limit_train_batches=1", "trainer.limit_val_batches=1.0"],
        ["trainer.early_stopping.patience=null", "trainer.checkpoint={minutes: null, save_top_k: -1}"],
        ["data.augmentation.hue=0.5", "data.augmentation.flip=0", "data.augmentation.jitter=1"],
        ["objective.losses.smoothness=0", "objective.weight_decay=0", "evaluation.pictures=0"],
        ["objective.frames=[-1,1,s]"],
    ],
)
def test_ends_of_the_ranges_are_allowed(arguments):
    train(*arguments)


PROMISED = {
    "": "seed",
    "data.": "batch_size eval_batch_size workers",
    "data.augmentation.": "flip jitter brightness contrast saturation hue",
    "data.division.": "seed gap",
    "data.folder.": "depth_scale focal",
    "data.nyu.": "depth_scale val_share train_max_depth",
    "data.rgbd.": "depth_scale",
    "data.stereo.": "focal baseline disparity_scale depth_scale",
    "data.synthetic.": "train_scenes val_scenes test_scenes frames_per_scene seed",
    "data.video.": "focal hfov min_motion max_side",
    "objective.": "losses frames learning_rate encoder_learning_rate weight_decay warmup_steps onecycle_rise "
    "onecycle_start onecycle_end ema step_size gamma cycles",
    "evaluation.": "min_depth max_depth pictures",
    "trainer.": "max_epochs max_steps num_nodes accumulate_grad_batches gradient_clip_val "
    "check_val_every_n_epoch picture_every log_every_n_steps limit_train_batches limit_val_batches "
    "limit_test_batches profiler precision gradient_clip_algorithm",
}
"""Section -> its options whose range has been promised."""


def ruled(schema, prefix: str = "") -> set[str]:
    found = set()
    hints = get_type_hints(schema)
    for one in fields(schema):
        if is_dataclass(hints[one.name]):
            found |= ruled(hints[one.name], f"{prefix}{one.name}.")
        elif "rule" in one.metadata:
            found.add(prefix + one.name)
    return found


def test_no_range_is_lost():
    assert ruled(TrainConfig) >= {section + name for section, names in PROMISED.items() for name in names.split()}


@dataclass
class Inner:
    count: int = option(1, "", rule=POSITIVE_COUNT)


@dataclass
class Outer:
    weights: dict[str, float] = option({"a": 1.0, "b": -1.0}, "", rule=WEIGHT)
    inner: Inner = field(default_factory=Inner)
    named: dict[str, Inner] = field(default_factory=dict)


def test_the_rule_of_a_mapping_is_about_its_entries():
    with pytest.raises(InputError) as error:
        check_ranges(Outer())
    assert str(error.value) == "weights.b=-1.0 must be at least 0 and finite"


def test_rules_are_found_in_sections_and_in_named_ones():
    with pytest.raises(InputError, match=r"^data\.inner\.count=0 must be at least 1$"):
        check_ranges(Outer({}, Inner(0)), "data.")
    with pytest.raises(InputError, match=r"^named\.mine\.count=0 must be at least 1$"):
        check_ranges(Outer({}, named={"mine": Inner(0)}))
    check_ranges(Outer({}, Inner(1), {"mine": Inner(2)}))

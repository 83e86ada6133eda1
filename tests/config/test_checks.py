import pytest

from gradunc.config import TrainConfig
from gradunc.config.checks import RULES
from gradunc.config.loading import known_keys
from gradunc.errors import InputError
from tests.config.test_loading import train

WRONG = [
    ("seed=-1", "seed=-1 must be between 0 and 4294967295"),
    ("seed=4294967296", "seed=4294967296 must be between 0 and 4294967295"),
    ("trainer.accumulate=0", "trainer.accumulate=0 must be at least 1"),
    ("trainer.val_every=0", "trainer.val_every=0 must be at least 1"),
    ("trainer.picture_every=0", "trainer.picture_every=0 must be at least 1"),
    ("trainer.log_every=0", "trainer.log_every=0 must be at least 1"),
    ("trainer.num_nodes=0", "trainer.num_nodes=0 must be at least 1"),
    ("trainer.max_epochs=0", "trainer.max_epochs=0 must be at least 1, or -1 with trainer.max_steps"),
    ("trainer.max_epochs=-2", "trainer.max_epochs=-2 must be at least 1, or -1 with trainer.max_steps"),
    (
        "trainer.max_epochs=-1",
        "trainer.max_epochs=-1 without trainer.max_steps is endless training; set trainer.max_epochs",
    ),
    ("trainer.max_steps=0", "trainer.max_steps=0 must be at least 1, or -1 for no limit"),
    ("trainer.gradient_clip=-1", "trainer.gradient_clip=-1.0 must be above 0, or null for none"),
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
        ["trainer.gradient_clip=null"],
        ["data.augmentation.hue=0.5", "data.augmentation.flip=0", "data.augmentation.jitter=1"],
        ["objective.losses.smoothness=0", "objective.weight_decay=0", "evaluation.pictures=0"],
        ["objective.frames=[-1,1,s]"],
    ],
)
def test_ends_of_the_ranges_are_allowed(arguments):
    train(*arguments)


def test_every_rule_is_of_a_key():
    assert {key.removesuffix(".*") for key in RULES} <= set(known_keys(TrainConfig))

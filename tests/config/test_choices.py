"""Every text that can be one of few names says which; a wrong one is told when the configuration is read."""

from dataclasses import fields, is_dataclass
from typing import get_args, get_origin, get_type_hints

import pytest

from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config import TrainConfig
from gradunc.config.chosen import choice_of
from gradunc.config.sections import ObjectiveSettings
from gradunc.config.trainer import ACCELERATORS
from gradunc.data.formats import nyu as nyu_files
from gradunc.data.formats.velodyne import DepthAxis
from gradunc.data.inspection.policy import Policy as OnImplausible
from gradunc.data.loading.report import Policy as OnError
from gradunc.data.sets.kitti import settings as kitti
from gradunc.data.sets.kitti.frames import Poses
from gradunc.data.sets.kitti.truth import Truth
from gradunc.data.sets.nyu import settings as nyu
from gradunc.data.sets.stereo import files as stereo_files
from gradunc.data.sets.stereo import settings as stereo
from gradunc.data.settings import ON_ERROR, ON_IMPLAUSIBLE
from gradunc.loggers import LOGGERS
from gradunc.loggers.settings import LoggerSettings
from gradunc.losses import TERMS
from gradunc.losses.choices import LOSSES
from gradunc.metrics.choices import ALIGNMENTS
from gradunc.ops.alignment import ALIGNMENTS as FITS
from gradunc.options import CHOICES, WEIGHT, WORD, option
from gradunc.tools.check.command import CheckConfig
from gradunc.tools.evaluate_pose import PoseConfig
from gradunc.training import optimization
from gradunc.training.choices import OPTIMIZERS
from gradunc.uncertainty.gradient import settings as gradient
from gradunc.uncertainty.gradient.losses import LOSSES as AUXILIARY
from gradunc.uncertainty.gradient.reductions import ACROSS_LAYERS, CHANNELS, NORMALIZE
from gradunc.uncertainty.gradient.references import REFERENCES
from tests.config.test_loading import error_of

SCHEMAS = [TrainConfig, CheckConfig, PoseConfig, *(verb_of(name).schema for name in VERBS)]

OPEN = {
    *("method", "architecture"),  # the registry of the section answers
    *("network", "transformer", "licence"),  # what files hold, timm, and whoever publishes weights
    *("encoder", "pose_encoder", "pretrained", "pose_pretrained", "devices", "strategy", "monitor", "select_by"),
    *("size", "logger.project", "logger.entity", "logger.name", "logger.group", "logger.job_type", "logger.notes"),
}
"""Texts of any content, or that only the machine, timm or the run can judge."""


def texts(schema, prefix=""):
    """Dotted name and field of every text without a rule."""
    hints = get_type_hints(schema)
    for one in fields(schema):
        kind, choice = hints[one.name], choice_of(one)
        if choice is not None:
            for own in choice.every().values():
                yield from texts(own, f"{prefix}{one.name}.")
        elif is_dataclass(kind):
            yield from texts(kind, f"{prefix}{one.name}.")
        elif str in (kind, *get_args(kind)) and get_origin(kind) is not list and get_origin(kind) is not dict:
            yield prefix + one.name, one


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_a_text_has_choices_or_a_rule_or_is_open(schema):
    bare = {name for name, one in texts(schema) if "rule" not in one.metadata and not OPEN & {name, one.name}}
    loose = {name for name in bare if not name.endswith((".layers", ".layer"))}
    assert {name for name in loose if "division" not in name} == set()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_help_names_every_choice(schema):
    for name, one in texts(schema):
        if name != "model.architecture" and one.name != "architecture":
            for choice in one.metadata.get(CHOICES, ()):
                assert choice in one.metadata["help"], (name, choice)


def test_loggers_and_modes_are_choices():
    found = {one.name: one.metadata.get(CHOICES) for one in fields(LoggerSettings)}
    assert found["kind"] is LOGGERS, "the registry may grow"
    assert found["mode"] == ("auto", "online", "offline", "disabled")


def test_losses_of_help():
    (losses,) = (one for one in fields(ObjectiveSettings) if one.name == "losses")
    assert all(name in losses.metadata["help"] for name in LOSSES)


@pytest.mark.parametrize(
    ("named", "there"),
    [
        (LOSSES, TERMS),
        (OPTIMIZERS, optimization.OPTIMIZERS),
        (ALIGNMENTS, ("auto", *FITS)),
        (gradient.LOSSES, AUXILIARY),
        (gradient.CHANNELS, CHANNELS),
        (gradient.ACROSS_LAYERS, ACROSS_LAYERS),
        (gradient.NORMALIZE, NORMALIZE),
        (gradient.REFERENCES, REFERENCES),
        (nyu.CROPS, nyu_files.CROPS),
        (stereo.LAYOUTS, ("auto", *stereo_files.LAYOUTS)),
        (kitti.TRUTHS, get_args(Truth)),
        (kitti.POSES, get_args(Poses)),
        (kitti.DEPTH_AXES, get_args(DepthAxis)),
        (ON_ERROR, get_args(OnError)),
        (ON_IMPLAUSIBLE, get_args(OnImplausible)),
    ],
)
def test_names_are_those_of_the_tables(named, there):
    assert sorted(named) == sorted(there)


def test_choices_and_a_rule_of_one_option_are_refused():
    with pytest.raises(ValueError, match="an option has choices or a rule, not both: how far"):
        option("near", "how far", rule=WORD, choices=("near", "far"))
    # Of a mapping the choices are of its keys, and the rule of its values.
    both = option({"near": 1.0}, "how far", rule=WEIGHT, choices=("near", "far"))
    assert both.metadata["rule"] is WEIGHT


def test_null_is_named_where_it_may_be_chosen():
    open_rule = option(None, "how far", choices=("near", "far")).metadata["rule"]
    assert open_rule.holds(None)
    assert open_rule.message("nera") == "must be near, far or null; did you mean 'near'?"
    rule = option("near", "how far", choices=("near", "far")).metadata["rule"]
    assert not rule.holds(None)
    assert rule.message("nera") == "must be near or far; did you mean 'near'?"


def test_accelerators_are_those_of_lightning():
    from lightning.pytorch.accelerators import AcceleratorRegistry

    assert {*ACCELERATORS} == {"auto", "gpu", *AcceleratorRegistry.available_accelerators()}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("data.name=kity", "; did you mean 'kitti'?"),
        ("data.on_error=skipp", "data.on_error=skipp must be raise or skip; did you mean 'skip'?"),
        ("data.kitti.cameras=[l,left]", "data.kitti.cameras=['l','left'] must be l or r"),
        ("data.nyu.train_crop=eigne", "; did you mean 'eigen'?"),
        (
            "model.head=disp",
            "model.head=disp must be disparity, depth, sigmoid_depth, inverse, bins or relative; did you mean 'disp",
        ),
        ("objective.optimizer=adamm", "objective.optimizer=adamm must be adam or adamw; did you mean 'adam"),
        ("objective.schedule=cosine", "objective.schedule=cosine must be constant, step, poly, cyclic or onecycle"),
        ("objective.losses.photometrc=1", "unknown objective.losses 'photometrc'; did you mean 'photometric'?"),
        ("evaluation.alignment=medain", "; did you mean 'median'?"),
        ("evaluation.crop=grag", "must be none, garg, eigen, nyu_eigen or null; did you mean 'garg'?"),
        ("trainer.accelerator=gup", "must be auto, cpu, gpu, cuda, mps or tpu; did you mean 'gpu'?"),
        ("trainer.precision=bf16", "must be 32-true, bf16-mixed or 16-mixed; did you mean 'bf16-mixed'?"),
        ("trainer.on_nonfinite=stpo", "trainer.on_nonfinite=stpo must be stop or skip; did you mean 'stop'?"),
        ("uncertainty.gradient.loss=square", "; did you mean 'squared'?"),
        ("uncertainty.gradient.normalize=min-max", "; did you mean 'minmax'?"),
        ("uncertainty.gradient.reference=flpi", "; did you mean 'flip'?"),
        ("uncertainty.gradient.reference=[flip,{rotat: {degrees: 5}}]", "; did you mean 'rotate'?"),
    ],
)
def test_a_wrong_name(argument, message):
    assert message in error_of(argument)
    assert error_of(argument).startswith((argument.split("=")[0], "unknown"))

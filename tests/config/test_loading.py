from dataclasses import asdict
from pathlib import Path

import pytest

from gradunc.config import TrainConfig, as_yaml, load, parse
from gradunc.config.command_line import config_folder
from gradunc.config.train import TRAIN_GROUPS
from gradunc.config.verbs.evaluate import EVALUATE, EvaluateConfig
from gradunc.errors import InputError
from gradunc.uncertainty.gradient.settings import RECOMMENDED, GradientSettings

YAMLS = sorted(config_folder().glob("*/*.yaml"))


def train(*arguments: object) -> TrainConfig:
    return load(TrainConfig, TRAIN_GROUPS, parse([str(a) for a in arguments], TRAIN_GROUPS))


def evaluate(*arguments: object) -> EvaluateConfig:
    return load(EvaluateConfig, EVALUATE.groups, parse([str(a) for a in arguments], EVALUATE.groups))


def yaml(tmp_path: Path, text: str, name: str = "mine.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def error_of(*arguments: object) -> str:
    with pytest.raises(InputError) as error:
        train(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- precedence


def test_groups_without_a_choice():
    config = train()
    assert (config.data.name, config.model.encoder, config.logger.kind) == ("synthetic", "resnet18", "csv")
    assert config.objective.frames == [-1, 1]
    assert config.uncertainty == {"gradient": GradientSettings(**RECOMMENDED)}
    assert evaluate().data.name is None


def test_published_estimator():
    estimator = train("uncertainty=gradient_published").uncertainty["gradient"]
    assert estimator == GradientSettings(layers=None)  # the published one
    assert (estimator.reference, estimator.loss, estimator.channels) == ("flip", "squared", "max")


def test_a_later_source_wins(tmp_path):
    """lcnet says 64x224; the experiment's own values win over its groups, the command line over all."""
    file = yaml(tmp_path, "defaults: {model: lcnet}\nmodel: {size: [32, 64]}\nseed: 5\n")
    assert train("model=lcnet").model.size == [64, 224]
    config = train(file)
    assert (config.model.encoder, config.model.size, config.seed) == ("lcnet_050", [32, 64], 5)
    config = train(file, "model.size=[96,96]", "seed=7")
    assert (config.model.encoder, config.model.size, config.seed) == ("lcnet_050", [96, 96], 7)
    assert train("seed=1", "seed=2").seed == 2


def test_a_group_of_the_command_line_replaces_the_experiments_choice(tmp_path):
    file = yaml(tmp_path, "defaults: {model: lcnet, uncertainty: none}\nmodel: {max_depth: 50.0}\n")
    config = train(file, "model=rt_monodepth_s", "uncertainty=flip_and_gray")
    assert (config.model.architecture, config.model.size) == ("rt_monodepth_s", [192, 640])
    assert config.model.max_depth is None
    assert list(config.uncertainty) == ["flip", "gray"]
    assert train(file).uncertainty == {}
    assert train(file).model.max_depth == 50.0


def test_a_group_of_the_command_line_replaces_the_whole_section(tmp_path):
    """Also of a run's config.yaml, which says everything."""
    run = yaml(tmp_path, as_yaml(train("trainer.max_epochs=3", "trainer.devices=2", "seed=7"), TRAIN_GROUPS))
    config = train(run, "objective=supervised", "uncertainty=none", "trainer=cpu", "trainer.log_every_n_steps=2")
    assert (config.objective.losses, config.objective.frames) == ({"l1": 1.0}, [])
    assert config.uncertainty == {}
    assert (config.trainer.max_epochs, config.trainer.devices, config.trainer.log_every_n_steps) == (20, "1", 2)
    assert (config.seed, config.model) == (7, train(run).model)


def test_later_files_win(tmp_path):
    first = yaml(tmp_path, "defaults: {model: lcnet}\nseed: 1\nname: first\n", "1.yaml")
    second = yaml(tmp_path, "defaults: {model: rt_monodepth_s}\nseed: 2\n", "2.yaml")
    config = train(first, second)
    assert (config.name, config.seed, config.model.architecture) == ("first", 2, "rt_monodepth_s")
    assert train(second, first).seed == 1


def test_demo_experiment():
    config = train("experiment=demo")
    assert (config.data.name, config.objective.frames, config.logger.mode) == ("synthetic", ["s"], "offline")
    assert config.evaluation.baselines


def test_types_of_values():
    config = train(
        "objective.learning_rate=1e-3", "trainer.gradient_clip_val=2", "model.pretrained=true", "resume=null"
    )
    assert config.objective.learning_rate == 1e-3
    assert config.trainer.gradient_clip_val == 2.0
    assert config.model.pretrained.lower() == "true"
    assert config.resume is None
    assert train("trainer.devices=2").trainer.devices == "2"
    assert train("objective.frames=[-1,s]").objective.frames == [-1, "s"]


def test_free_mapping_of_losses():
    assert train("objective=supervised", "objective.losses.silog=0.5").objective.losses == {"l1": 1.0, "silog": 0.5}
    assert train("objective.losses.smoothness=0").objective.losses["smoothness"] == 0.0


def test_fields_of_named_estimators(tmp_path):
    config = train(
        "uncertainty=gradient_published", "uncertainty.gradient.reference=gray", "uncertainty.gradient.layers=[a,b]"
    )
    assert config.uncertainty["gradient"] == GradientSettings(layers=["a", "b"], reference="gray")
    config = train(yaml(tmp_path, "uncertainty: {mine: {channels: norm}}\n"), "uncertainty.mine.chunk=2")
    assert config.uncertainty["mine"] == GradientSettings(channels="norm", chunk=2)


# --- messages


@pytest.mark.parametrize(
    ("text", "key", "nested"),
    [
        ("trainer.max_epochs: 3", "trainer.max_epochs", "trainer: {max_epochs: ...}"),
        ("trainer: {early_stopping.patience: 3}", "early_stopping.patience", "early_stopping: {patience: ...}"),
        ("uncertainty.gradient.chunk: 3", "uncertainty.gradient.chunk", "uncertainty: {gradient: {chunk: ...}}"),
        ("trainer.early_stopping: {patience: 2}", "trainer.early_stopping", "trainer: {early_stopping: ...}"),
        ("trainer.val_every: 3", "trainer.val_every", "trainer: {check_val_every_n_epoch: ...}"),
        ("defaults.model: lcnet", "defaults.model", "defaults: {model: ...}"),
    ],
)
def test_keys_of_a_file_have_no_dots(tmp_path, text, key, nested):
    path = yaml(tmp_path, text)
    told = f"the key '{key}' has dots, as on the command line; keys of a file are nested: write {nested}"
    assert error_of(path) == f"{path}: {told}"


def test_the_file_of_a_group_has_no_dots_either(tmp_path):
    path = yaml(tmp_path, "early_stopping.patience: 3")
    assert error_of(f"trainer={path}").endswith("keys of a file are nested: write early_stopping: {patience: ...}")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("sead", "seed"),
        ("modle", "model"),
        ("experimnt", "experiment"),
        ("model.encder", "model.encoder"),
        ("data.rot", "data.root"),
        ("trainer.max_epoch", "trainer.max_epochs"),
        ("objective.learnin_rate", "objective.learning_rate"),
        ("data.augmentation.jiter", "data.augmentation.jitter"),
        ("data.synthetic.shadow", "data.synthetic.shadows"),
        ("uncertainty.gradeint.reference", "uncertainty.gradient.reference"),
        ("uncertainty.gradient.referense", "uncertainty.gradient.reference"),
        ("evaluation.aligment", "evaluation.alignment"),
        ("logger.mod", "logger.mode"),
        ("model.size.height", "model.size"),
    ],
)
def test_mistyped_key(key, meant):
    assert f"unknown key '{key}'; did you mean '{meant}" in error_of(f"{key}=1")


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("sead: 1", "sead", "seed"),
        ("model: {encder: a}", "model.encder", "model.encoder"),
        ("data: {synthetic: {shadow: 1}}", "data.synthetic.shadow", "data.synthetic.shadows"),
        ("uncertainty: {gradient: {referense: a}}", "uncertainty.gradient.referense", "uncertainty.gradient.reference"),
        ("uncertainty: {mine: {referense: a}}", "uncertainty.mine.referense", "uncertainty.mine.reference"),
    ],
)
def test_mistyped_key_in_a_file(tmp_path, text, key, meant):
    file = yaml(tmp_path, text)
    assert f"{file}: unknown key '{key}'; did you mean '{meant}'?" in error_of(file)


@pytest.mark.parametrize(
    "override",
    [
        "trainer.max_epochs=many",
        "trainer.max_epochs=1.5",
        "objective.learning_rate=fast",
        "data.augmentation.enabled=perhaps",
        "model.size=3",
        "model.size=[a,b]",
        "objective.losses.l1=big",
        "evaluation=fast",
        "uncertainty.gradient.channels=[max]",
        "seed=null",
        "uncertainty.gradient=3",
    ],
)
def test_wrong_type_names_the_key(override):
    assert override.partition("=")[0] in error_of(override)


def test_wrong_type_in_a_file(tmp_path):
    file = yaml(tmp_path, "trainer: {max_epochs: many}")
    message = error_of(file)
    assert str(file) in message
    assert "trainer.max_epochs" in message
    assert "model" in error_of(yaml(tmp_path, "model: 3"))


@pytest.mark.parametrize("override", ["name=${nowhere}", "trainer.max_epochs=${a.b}", "name=${oc.env:GRADUNC_NOPE}"])
def test_references_are_no_values(override):
    """`${...}` is plain text, which neither a name nor a number can be."""
    assert override.partition("=")[0] in error_of(override)


@pytest.mark.parametrize("override", ["name=[", "name={", "model.size=[1,"])
def test_values_that_are_no_yaml(override):
    assert override in error_of(override)


@pytest.mark.parametrize("text", ["a: [1,", "a: b: c", "\tseed: 1", "{"])
def test_file_that_is_no_yaml(tmp_path, text):
    file = yaml(tmp_path, text)
    assert f"{file} is no YAML" in error_of(file)


@pytest.mark.parametrize(("text", "kind"), [("- 1\n- 2", "list"), ("seed", "str"), ("3", "int")])
def test_file_that_holds_no_keys(tmp_path, text, kind):
    file = yaml(tmp_path, text)
    assert f"{file} must hold keys and values, but holds a {kind}" in error_of(file)


def test_binary_file(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00\x80")
    assert "is no YAML" in error_of(tmp_path / "a.yaml")


def test_empty_file_changes_nothing(tmp_path):
    assert train(yaml(tmp_path, "# nothing\n")) == train()


def test_defaults_of_a_file_are_checked(tmp_path):
    assert "did you mean 'model'" in error_of(yaml(tmp_path, "defaults: {modle: lcnet}"))
    assert "did you mean 'model=lcnet'" in error_of(yaml(tmp_path, "defaults: {model: lcnt}"))
    assert "'defaults' must map groups to names" in error_of(yaml(tmp_path, "defaults: [lcnet]"))


# --- files that are carried


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_every_file_of_configs_loads(path):
    group, name = path.parent.name, path.stem
    assert path.read_text().startswith("# "), "one line says what it is for"
    train(f"{group}={name}")
    if group in EVALUATE.groups:
        evaluate(f"{group}={name}")


@pytest.mark.parametrize("arguments", [[], ["experiment=demo"], ["objective=supervised", "uncertainty=flip_and_gray"]])
def test_the_resolved_configuration_loads_again(tmp_path, arguments):
    """A run folder's config.yaml repeats the run, whatever groups the command would choose by itself."""
    config = train(*arguments)
    assert asdict(train(yaml(tmp_path, as_yaml(config, TRAIN_GROUPS)))) == asdict(config)


def test_the_resolved_configuration_of_a_verb_loads_again(tmp_path):
    config = evaluate("data=kitti", "checkpoint=a", "uncertainty=gradient_layers", "size=64x96")
    assert asdict(evaluate(yaml(tmp_path, as_yaml(config, EVALUATE.groups)))) == asdict(config)

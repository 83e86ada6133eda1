from pathlib import Path

import pytest

from gradunc.config import parse
from gradunc.config.command_line import choices, config_folder
from gradunc.config.train import TRAIN_GROUPS
from gradunc.config.verbs.predict import PREDICT
from gradunc.errors import InputError
from gradunc.loggers import LOGGERS


def test_kinds_of_arguments(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("seed: 1\n")
    line = parse(
        [str(file), "experiment=demo", "model=lcnet", "seed=3", "name=a=b", "model.size=[1,2]", "--dry-run", "-h"],
        TRAIN_GROUPS,
    )
    assert line.experiments == [file, config_folder() / "experiment" / "demo.yaml"]
    assert line.groups == {"model": "lcnet"}
    assert line.overrides == ["seed=3", "name=a=b", "model.size=[1,2]"]
    assert line.flags == {"--dry-run", "--help"}


def test_the_last_choice_of_a_group_counts():
    assert parse(["model=lcnet", "model=monodepth2"], TRAIN_GROUPS).groups == {"model": "monodepth2"}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--prnt-config", "unknown flag '--prnt-config'; did you mean '--print-config'?"),
        ("--dryrun", "unknown flag '--dryrun'; did you mean '--dry-run'?"),
        ("data=kity", "data=kity does not exist; did you mean 'data=kitti'? (choices: "),
        ("model=monodept2", "did you mean 'model=monodepth2'? (choices: "),
        ("experiment=dmeo", "experiment=dmeo does not exist; did you mean 'experiment=demo'?"),
        ("objective=mono_stere", "did you mean 'objective=mono_stereo'?"),
        ("uncertainty=flip_and_grey", "did you mean 'uncertainty=flip_and_gray'?"),
        ("trainer=gpu", "did you mean 'trainer="),
        ("logger=tensorbord", "did you mean 'logger=tensorboard'? (choices: csv, none, tensorboard, wandb)"),
        ("nowhere.yaml", "configuration file 'nowhere.yaml' does not exist"),
        ("seed", "'seed' is neither key=value, group=name nor a .yaml file; see --help"),
    ],
)
def test_mistyped(argument, message):
    with pytest.raises(InputError) as error:
        parse([argument], TRAIN_GROUPS)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_nearest_file(tmp_path):
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(InputError, match=f"does not exist; nearest: '{tmp_path}/mine.yaml'"):
        parse([f"{tmp_path}/mien.yaml"], TRAIN_GROUPS)


def test_flags_are_those_of_the_command():
    with pytest.raises(InputError, match="unknown flag '--dry-run'"):
        parse(["--dry-run"], PREDICT.groups, flags=("--help", "--print-config"))


@pytest.mark.parametrize("path", ["photos/", "photos", "photos/*.png", "~/a b.jpg", "x.onnx", "../in/0[01].png"])
def test_a_bare_path(path):
    line = parse([path, "size=native"], {}, bare="source")
    assert line.overrides == [f"source={path}", "size=native"]


def test_a_bare_path_beside_a_file_of_keys(tmp_path):
    (tmp_path / "mine.yaml").touch()
    line = parse([f"{tmp_path}/mine.yaml", "photos"], {}, bare="source")
    assert (line.experiments, line.overrides) == ([tmp_path / "mine.yaml"], ["source=photos"])


@pytest.mark.parametrize("arguments", [["a.png", "b.png"], ["source=a.png", "b.png"]])
def test_a_pattern_that_the_shell_has_replaced(arguments):
    with pytest.raises(InputError, match=r"'b.png' is a second source after 'source=a.png'; give one"):
        parse(arguments, {}, bare="source")


@pytest.mark.parametrize(("bare", "advice"), [("source", ", and a pattern in quotes: source='DIR/*.png'"), ("to", "")])
def test_patterns_are_advised_for_images_only(bare, advice):
    with pytest.raises(InputError) as error:
        parse(["checkpoint=M", "a", "b"], {}, bare=bare)
    assert str(error.value) == f"'b' is a second {bare} after '{bare}=a'; give one{advice}"


@pytest.mark.parametrize("content", ["config.json", "encoder.pth", "export/config.json", None])
@pytest.mark.parametrize(("bare", "others"), [("source", ["photos/"]), ("to", ["x.onnx"]), ("source", [])])
def test_a_bare_path_that_is_a_model(tmp_path, content, bare, others):
    model = tmp_path / ("best.ckpt" if content is None else "model")
    if content is not None:
        (model / content).parent.mkdir(parents=True)
        (model / content).touch()
    with pytest.raises(InputError) as error:
        parse(["size=64x96", str(model), *others], {}, bare=bare)
    assert str(error.value) == f"'{model}' is a model; give checkpoint={model}"
    assert parse(["checkpoint=M", str(model)], {}, bare=bare).overrides == ["checkpoint=M", f"{bare}={model}"]


def test_the_promised_groups_and_choices():
    """The names that the issue and the README use."""
    assert set(choices("objective")) >= {"mono", "stereo", "mono_stereo", "supervised"}
    assert set(choices("data")) >= {"kitti", "kitti_odometry", "synthetic"}
    assert "gradient" in choices("uncertainty")
    assert "cpu" in choices("trainer")
    assert choices("logger") == sorted(LOGGERS)
    assert {path.name for path in config_folder().iterdir()} == {*TRAIN_GROUPS, "experiment", "sweep.yaml"}


def test_folder_holds_yaml_only():
    assert all(path.suffix == ".yaml" for path in Path(config_folder()).glob("*/*"))

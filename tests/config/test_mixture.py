import pytest

from gradunc.config import TrainConfig, load, parse
from gradunc.config.mixture import mixture_parts
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError


def parts(*arguments, **mixture):
    line = parse(["data=mixture", *arguments], TRAIN_GROUPS)
    config = load(TrainConfig, TRAIN_GROUPS, line)
    config.data.mixture.update(mixture)
    return mixture_parts(config.data)


def message(**mixture) -> str:
    with pytest.raises(InputError) as caught:
        parts(**mixture)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_part_is_a_section_of_its_own():
    found = parts(
        "data.workers=3",
        "data.cache=/c",
        kitti={"weight": 2, "root": "/k", "kitti": {"split": "eigen_zhou"}},
        mine={"name": "video", "evaluate": False, "video": {"hfov": 65}, "cache": "/other"},
    )
    assert list(found) == ["kitti", "mine"]
    kitti, mine = found["kitti"], found["mine"]
    assert (kitti.weight, kitti.evaluate, mine.weight, mine.evaluate) == (2, True, 1, False)
    assert (kitti.settings.name, kitti.settings.root, kitti.settings.kitti.split) == ("kitti", "/k", "eigen_zhou")
    assert (mine.settings.name, mine.settings.video.hfov, mine.settings.workers) == ("video", 65, 3)
    assert (kitti.settings.cache, mine.settings.cache) == ("/c", "/other")


def test_what_is_left_away_comes_from_the_file_of_the_data_set():
    # configs/data/rgbd.yaml divides 0.6, 0.2, 0.2.
    assert parts(rgbd={}).get("rgbd").settings.division.train == 0.6
    assert parts(rgbd={"division": {"train": 0.5}})["rgbd"].settings.division.train == 0.5


def test_parts_on_the_command_line():
    found = parts("data.mixture.a.name=synthetic", "data.mixture.a.weight=3", "data.mixture.a.synthetic.train_scenes=5")
    assert (found["a"].weight, found["a"].settings.synthetic.train_scenes) == (3, 5)


@pytest.mark.parametrize(
    ("mixture", "text"),
    [
        ({}, "data.mixture has no parts"),
        ({"a": 3}, "data.mixture.a must hold keys and values"),
        ({"kitti": {"roof": "/k"}}, "unknown key 'data.mixture.kitti.roof'; did you mean 'data.mixture.kitti.root'?"),
        ({"kitti": {"kitti": {"spilt": "x"}}}, "did you mean 'data.mixture.kitti.kitti.split'?"),
        ({"kitti": {"wieght": 2}}, "did you mean 'data.mixture.kitti.weight'?"),
        ({"kitti": {"weight": -1}}, "data.mixture.kitti.weight=-1 must be a number of at least 0"),
        ({"kitti": {"weight": float("inf")}}, "weight=inf must be a number"),
        ({"kitti": {"weight": True}}, "weight=True must be a number"),
        ({"kitti": {"evaluate": "yes"}}, "evaluate=yes must be true or false"),
        ({"kitti": {"batch_size": 3}}, "cannot be set for one part; set data.batch_size"),
        ({"kitti": {"mixture": {}}}, "cannot be set for one part"),
        ({"a": {"name": "synthetic", "synthetic": {"seed": "x"}}}, "wrong value for 'data.mixture.a.synthetic.seed'"),
        ({"a": {"name": "synthetic", "synthetic": {"seed": -1}}}, "in data.mixture.a: data.synthetic.seed=-1 must be"),
        ({"kitti": {"weight": 0}}, "trains on nothing"),
        ({"kitti": {"evaluate": False}}, "validates on nothing"),
    ],
)
def test_messages(mixture, text):
    assert text in message(**mixture)


def test_settings_without_a_mixture_have_no_parts():
    assert DataSettings().mixture == {}


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (
            "data.mixture.kitti.roof=/k",
            "unknown key 'data.mixture.kitti.roof'; did you mean 'data.mixture.kitti.root'?",
        ),
        ("data.mixture.kitti.kitti.spilt=x", "did you mean 'data.mixture.kitti.kitti.split'?"),
        ("data.mixture.kitti.weight=much", "wrong value for 'data.mixture.kitti.weight': 'much' must be a number"),
        ("data.mixture.kitti.evaluate=perhaps", "'data.mixture.kitti.evaluate': 'perhaps' must be true or false"),
        ("data.mixture.kitti=3", "wrong value for 'data.mixture.kitti': '3' must be keys and values"),
        ("data.mixture={kitti: {root: [a]}}", "'data.mixture.kitti.root': [a] must be text or null"),
    ],
)
def test_parts_of_the_command_line_have_the_types_of_the_section(argument, text):
    with pytest.raises(InputError) as caught:
        parts(argument)
    assert text in str(caught.value)


def test_text_of_a_part_is_what_was_typed():
    found = parts("data.mixture.a={name: folder, root: 2011_09_26, division: {train: [012], val: [no], test: []}}")
    division = found["a"].settings.division
    assert (found["a"].settings.root, division.train, division.val) == ("2011_09_26", ["012"], ["no"])

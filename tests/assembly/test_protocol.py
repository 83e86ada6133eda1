"""Named protocols: what they fix, what contradicts them, which data they are about."""

from dataclasses import replace
from typing import Any, cast, get_args

import pytest
import torch

from gradunc.assembly import build_protocol, check_crop, check_protocol
from gradunc.assembly.protocol import DATA_OF, TRUTH_OF
from gradunc.config.sections import EvaluationSettings
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.sets import SETS
from gradunc.data.sets.kitti.settings import KittiSettings
from gradunc.data.sets.kitti.truth import Truth
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.metrics import PROTOCOLS
from gradunc.types import OutputSpace

GARG = {"crop": "garg", "limit_truth": True}


def build(ambiguity: str = "scale", **settings: Any) -> Any:
    return build_protocol(EvaluationSettings(**settings), OutputSpace("depth", cast(Any, ambiguity)))


# methods.md G.4, G.5: smallest and largest depth, crop, whether truth beyond them is left out.
NAMED = [
    ("custom", (1e-3, 80.0, "none", True)),
    ("eigen", (1e-3, 80.0, "garg", True)),
    ("eigen_benchmark", (1e-3, 80.0, "none", False)),
    ("nyu", (1e-3, 10.0, "none", True)),
    ("nyu_eigen_crop", (1e-3, 10.0, "nyu_eigen", True)),
    ("published_png", (1e-3, 80.0, "none", False)),
]


@pytest.mark.parametrize(("name", "expected"), NAMED)
def test_what_a_name_fixes(name: str, expected: tuple[Any, ...]) -> None:
    made = build(protocol=name)
    assert (made.min_depth, made.max_depth, made.crop, made.limit_truth) == expected
    assert made.describe().startswith("alignment" if name == "custom" else f"{name}: alignment median")


def test_every_protocol_is_tested() -> None:
    assert [name for name, _ in NAMED] == list(PROTOCOLS)


@pytest.mark.parametrize(
    ("ambiguity", "expected"), [("metric", "none"), ("scale", "median"), ("affine", "least_squares")]
)
def test_the_alignment_is_what_the_model_leaves_open(ambiguity: str, expected: str) -> None:
    assert build(ambiguity, protocol="eigen").alignment == expected
    given = "least_squares" if ambiguity == "metric" else "stereo"
    assert build(ambiguity, protocol="eigen", alignment=given).alignment == given


def test_metres_are_not_multiplied_by_the_factor_of_published_stereo_weights() -> None:
    with pytest.raises(InputError, match=r"in metres: set evaluation\.alignment=none"):
        build("metric", alignment="stereo")


def test_tables_say_which_truth_of_kitti_they_are_about() -> None:
    """Velodyne with camera z or laser x, and improved depth, give different figures."""
    heads = set()
    for change in ({}, {"depth": "laser_x"}, {"truth": "improved"}):
        data = DataSettings(name="kitti", kitti=replace(DataSettings().kitti, **change))
        made = build_protocol(EvaluationSettings(), OutputSpace("depth", "scale"), data)
        heads.add(made.describe().removeprefix("alignment median, 0.001-80 m, no crop, "))
    assert heads == {"Velodyne", "Velodyne, laser x as depth", "improved depth"}


@pytest.mark.parametrize("settings", [{"crop": "nyu_eigen"}, {"protocol": "nyu_eigen_crop"}])
def test_a_crop_in_pixels_is_compared_with_the_truth_before_a_run(settings: dict[str, str]) -> None:
    shapes = {"val": (480, 640), "test": (426, 560)}
    data: Any = DepthData(lambda split: [{"depth": torch.zeros(1, *shapes[split])}])
    check_crop(EvaluationSettings(**settings), data, ["val"])
    check_crop(EvaluationSettings(), data, ["test"])
    with pytest.raises(InputError, match="480x640 pixels, this one has 426x560"):
        check_crop(EvaluationSettings(**settings), data, ["val", "test"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"protocol": "eigen", "crop": "none"},
            "evaluation.crop=none contradicts evaluation.protocol=eigen.* has garg",
        ),
        ({"protocol": "eigen", "max_depth": 50.0}, "evaluation.max_depth=50 contradicts .*, which has 80; omit it"),
        ({"protocol": "eigen_benchmark", "limit_truth": True}, "limit_truth=true contradicts .*, which has false"),
        ({"protocol": "nyu", "crop": "nyu_eigen"}, "crop=nyu_eigen contradicts evaluation.protocol=nyu"),
        ({"protocol": "published_png", "crop": "eigen"}, "crop=eigen contradicts evaluation.protocol=published_png"),
        ({"protocol": "eigne"}, "unknown evaluation.protocol 'eigne'; did you mean 'eigen'"),
    ],
)
def test_contradictions_are_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        build(**settings)
    assert "\n" not in str(error.value)


def test_saying_the_same_is_no_contradiction() -> None:
    assert build(protocol="eigen", max_depth=80.0, min_depth=0.001, **GARG) == build(protocol="eigen")


def test_the_png_files_have_a_second_mask() -> None:
    """The published programs limit the truth where they crop."""
    made = build(protocol="published_png", crop="garg")
    assert (made.crop, made.limit_truth) == ("garg", True)


def data(name: str, truth: str = "velodyne") -> DataSettings:
    return DataSettings(name=name, kitti=KittiSettings(truth=truth))


@pytest.mark.parametrize(
    ("protocol", "settings"),
    [
        ("custom", data("synthetic")),
        ("eigen", data("kitti")),
        ("eigen_benchmark", data("kitti", "improved")),
        ("published_png", data("kitti")),
        ("published_png", data("kitti", "improved")),
        ("nyu", data("nyu")),
        ("nyu_eigen_crop", data("nyu")),
    ],
)
def test_data_that_fit(protocol: str, settings: DataSettings) -> None:
    check_protocol(EvaluationSettings(protocol=protocol), settings)


@pytest.mark.parametrize(
    ("protocol", "settings", "message"),
    [
        ("eigen", data("kitti", "improved"), "protocol=eigen is about data.kitti.truth=velodyne, not improved; set it"),
        ("eigen_benchmark", data("kitti"), "protocol=eigen_benchmark is about data.kitti.truth=improved, not velodyne"),
        (
            "eigen",
            data("synthetic"),
            "protocol=eigen is about data=kitti, not synthetic; choose evaluation.protocol=custom",
        ),
        ("published_png", data("nyu"), "protocol=published_png is about data=kitti, not nyu"),
        ("nyu", data("kitti"), "protocol=nyu is about data=nyu, not kitti"),
    ],
)
def test_data_that_do_not(protocol: str, settings: DataSettings, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_protocol(EvaluationSettings(protocol=protocol), settings)


def test_truths_are_those_of_the_data_set() -> None:
    assert set(TRUTH_OF.values()) <= set(get_args(Truth))


def test_protocols_name_registered_data_sets() -> None:
    assert set(DATA_OF) == set(PROTOCOLS) - {"custom"}
    assert set(DATA_OF.values()) <= set(SETS)

import torch

from gradunc.metrics import AREAS, CALIBRATION, CORRELATIONS, DETECTION, Sparsification, depth_errors
from gradunc.results.columns import SHARED, columns_of
from gradunc.results.detection import COLUMNS as DETECTION_COLUMNS

BETTER_HIGH = {"a1", "a2", "a3", "aurg_abs_rel", "aurg_rmse", "aurg_a1", *CORRELATIONS}
NEITHER = {"coverage_95"}
"""Best at 0.95."""
UNITS = {"silog": "%", "nll": "nats"}
METRES = {"sq_rel", "rmse", "ause_rmse", "aurg_rmse"}


def test_every_error_has_its_column():
    truth = torch.tensor([1.0, 2.0, 3.0])
    metric = Sparsification()
    metric.update(truth, truth + 0.5, truth)
    measured = {*depth_errors(truth, truth + 0.5), *metric.compute(), *CORRELATIONS, *CALIBRATION}
    compared = {f"behind_{error}" for error in ("abs_rel", "rmse", "a1")}
    assert measured | compared == SHARED.keys() - {"name", "cost", "milliseconds", "peak_memory"}
    assert set(AREAS) == set(metric.compute())
    for name in measured:
        better = "high" if name in BETTER_HIGH else "none" if name in NEITHER else "low"
        assert SHARED[name].better == better, name
        assert SHARED[name].unit == ("m" if name in METRES else UNITS.get(name, "")), name


def test_detection_has_a_column_for_each_figure():
    assert tuple(column.name for column in DETECTION_COLUMNS[2:5]) == DETECTION


def test_columns_follow_the_rows():
    found = columns_of([{"name": "gradient", "scale": "score", "rmse": 1.0, "other": 2.0}])
    assert [(column.name, column.digits, column.unit) for column in found] == [
        ("name", None, ""),
        ("scale", None, ""),
        ("rmse", 4, "m"),
        ("other", 4, ""),
    ]
    assert columns_of([]) == ()

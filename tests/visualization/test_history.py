import pytest

from gradunc.errors import InputError
from gradunc.visualization import read_history, render, training_figure
from gradunc.visualization.history import history_files, is_training

HISTORY = """epoch,step,train/loss_step,train/loss_epoch,val/loss,val/abs_rel,note
0,0,1.0,,,,x
0,1,nan,,,,
0,1,,0.9,0.8,0.3,
1,3,0.7,,,,
1,3,,inf,0.6,,
"""


def test_parts_of_a_resumed_run_in_their_order(tmp_path):
    for name in ("metrics.csv", "metrics.10.csv", "metrics.2.csv", "metrics.json", "depth.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in history_files(tmp_path)] == ["metrics.2.csv", "metrics.10.csv", "metrics.csv"]


def test_no_history_without_the_last_part(tmp_path):
    (tmp_path / "metrics.1.csv").touch()
    assert history_files(tmp_path) == []
    assert not is_training()


def test_an_evaluation_is_no_training(tmp_path):
    (tmp_path / "test.csv").write_text("step,test/abs_rel\n0,0.5\n")
    (tmp_path / "train.csv").write_text("step,train/loss,test/abs_rel\n0,1.0,\n1,,0.5\n")
    assert not is_training(tmp_path / "test.csv")
    assert is_training(tmp_path / "test.csv", tmp_path / "train.csv")


def test_a_run_too_short_to_log_a_step_is_a_training(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,step,val/loss,test/abs_rel\n0,3,0.5,\n1,4,,0.5\n")
    assert is_training(tmp_path / "metrics.csv")


def test_history_leaves_out_what_is_no_number(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HISTORY)
    history = {series.name: (series.steps, series.values) for series in read_history(path)}
    assert history == {
        "train/loss_step": ([0, 3], [1.0, 0.7]),
        "train/loss_epoch": ([1], [0.9]),
        "val/loss": ([1, 3], [0.8, 0.6]),
        "val/abs_rel": ([1], [0.3]),
    }


def test_training_figure_has_one_plot_per_quantity(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HISTORY)
    figure = training_figure(path)
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss [no unit]", "abs_rel [no unit]"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["train, single steps", "train", "val"]
    # Epochs of two steps: the first value stands in the middle of the first epoch.
    drawn = {line.get_label(): line.get_xdata().tolist() for line in figure.axes[0].lines}
    assert drawn["train/loss_step"] == [0.5, 2]
    assert drawn["train/loss_epoch"] == [1]
    assert drawn["val/loss"] == [1, 2]
    assert figure.axes[0].get_title(loc="left") == "loss: best in validation 0.6 after epoch 2"
    assert figure.axes[0].get_xlabel() == "epochs"
    render(figure)


def test_one_epoch_fills_the_plot(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,val/rmse,val/a1,test/rmse\n0,3,5.0,0.5,\n1,4,,,9.0\n")
    figure = training_figure(path)
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "rmse: best in validation 5 after epoch 1",
        "a1: best in validation 0.5 after epoch 1",
    ]
    for axis in figure.axes:
        assert axis.get_xlim() == pytest.approx((0, 1.02))
        (line,) = [line for line in axis.lines if not line.get_label().startswith("_")]
        assert line.get_marker() == "s", "a single value is seen"
    render(figure)


def test_the_best_share_is_the_highest(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,val/a1\n0,9,0.5\n1,19,0.9\n2,29,0.7\n")
    assert training_figure(path).axes[0].get_title(loc="left") == "a1: best in validation 0.9 after epoch 2"


@pytest.mark.parametrize(
    ("column", "unit", "best"),
    [
        ("val/flip/aurg_rmse", "m", 0.9),
        ("val/flip/ause_rmse", "m", 0.5),
        ("val/silog", "%", 0.5),
        ("val/a3", "no unit", 0.9),
    ],
)
def test_units_and_what_is_best_are_those_of_the_tables(tmp_path, column, unit, best):
    path, quantity = tmp_path / "metrics.csv", column.split("/")[-1]
    path.write_text(f"epoch,step,{column}\n0,9,0.5\n1,19,0.9\n")
    (axis,) = training_figure(path, quantities=[quantity]).axes
    assert axis.get_ylabel() == f"{quantity} [{unit}]"
    assert axis.get_title(loc="left").startswith(f"{quantity}: best in validation {best} after")


def test_without_validation_steps_are_counted(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train/loss\n0,9,0.5\n1,19,0.4\n")
    (axis,) = training_figure(path).axes
    assert axis.get_xlabel() == "optimiser steps"
    assert axis.lines[0].get_xdata().tolist() == [10, 20]
    assert axis.get_title(loc="left") == "loss"


@pytest.mark.parametrize("text", [None, "", "epoch,loss\n0,1\n", "step,lr\n0,1\n", "step,val/loss\n0,\n"])
def test_useless_histories_are_refused(tmp_path, text):
    path = tmp_path / "metrics.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"metrics\.csv"):
        training_figure(path)

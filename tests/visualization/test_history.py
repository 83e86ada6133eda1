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
    assert [axis.get_title() for axis in figure.axes] == ["loss", "abs_rel"]
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["train/loss_step", "train/loss_epoch", "val/loss"]
    render(figure)


@pytest.mark.parametrize("text", [None, "", "epoch,loss\n0,1\n", "step,lr\n0,1\n", "step,val/loss\n0,\n"])
def test_useless_histories_are_refused(tmp_path, text):
    path = tmp_path / "metrics.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"metrics\.csv"):
        training_figure(path)

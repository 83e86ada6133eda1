"""Failures of a whole run: one file, one report, and a clear end where nothing is left."""

import json

import pytest

from gradunc.callbacks import EvaluationCallback, ReportCallback, SkippedCallback
from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthTraining
from tests.helpers import in_two_processes
from tests.training.helpers import Toy, quiet_trainer, sample, tiny_model


class Partly(Toy):
    """Samples some of which cannot be read."""

    def __init__(self, count: int, *bad: int) -> None:
        super().__init__([sample(i) for i in range(count)])
        self.bad = bad

    def __getitem__(self, index: int):
        if index in self.bad:
            raise InputError(f"cannot read image '{index}.png': truncated")
        return super().__getitem__(index)


def data(policy="skip", train=(1,), val=(0,), test=(2,), **options) -> DepthData:
    sets = {"train": Partly(6, *train), "val": Partly(4, *val), "test": Partly(5, *test)}
    return DepthData(sets.__getitem__, **{"batch_size": 2, "eval_batch_size": 2, "on_error": policy, **options})


def trainer(folder, *callbacks, **options):
    return quiet_trainer(callbacks=[*callbacks, SkippedCallback(folder)], **options)


def module() -> DepthTraining:
    return DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_names_what_it_has_left_out(tmp_path, workers):
    loaded, evaluation = data(workers=workers), EvaluationCallback(EvaluationProtocol())
    runner = trainer(tmp_path, evaluation, ReportCallback(tmp_path, evaluation, None), max_epochs=2)
    runner.fit(module(), loaded)
    runner.test(module(), loaded, verbose=False)
    content = json.loads((tmp_path / "skipped.json").read_text())
    counts = {split: (one["skipped"], one["samples"]) for split, one in content.items()}
    assert counts == {"train": (1, 6), "val": (1, 4), "test": (1, 5)}
    assert content["test"]["files"] == [{"index": 2, "name": "2", "reason": "cannot read image '2.png': truncated"}]
    assert loaded.report.lines()[0] == "skipped samples that cannot be read: 1 of 6 train, 1 of 4 val, 1 of 5 test"
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["images"], metrics["images_unreadable"]) == (4, 1)


def test_sound_data_leave_no_file(tmp_path):
    trainer(tmp_path).fit(module(), data(train=(), val=()))
    assert not list(tmp_path.iterdir())


def test_the_first_failure_ends_a_run_that_skips_nothing(tmp_path):
    with pytest.raises(InputError, match=r"^cannot read image '1.png': truncated \(data.on_error=skip"):
        trainer(tmp_path).fit(module(), data("raise"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_without_a_readable_sample_ends_the_run(tmp_path, split):
    loaded = data(**{split: range(6)})
    with pytest.raises(InputError, match=f"samples of the {split} split that were asked for can be read; the first: "):
        trainer(tmp_path).fit(module(), loaded)
    content = json.loads((tmp_path / "skipped.json").read_text())
    assert content[split]["skipped"] == content[split]["samples"]


def test_two_processes_report_together_and_none_waits_for_the_other(tmp_path):
    """Each has met some of the failures; of a split without a readable sample both are told."""

    def job() -> None:
        options = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
        loaded, runner = data(batch_size=1), trainer(tmp_path, **options)
        runner.fit(module(), loaded)
        runner.test(module(), loaded, verbose=False)
        lines = loaded.report.lines()[:1]
        try:
            trainer(tmp_path / "none", **options).validate(module(), data(val=range(4)), verbose=False)
        except InputError as error:
            lines.append(str(error))
        (tmp_path / f"rank{runner.global_rank}").write_text("\n".join(lines))

    in_two_processes(job)
    for rank in (0, 1):
        report, error = (tmp_path / f"rank{rank}").read_text().splitlines()
        assert report == "skipped samples that cannot be read: 1 of 6 train, 1 of 4 val, 1 of 5 test"
        assert error.startswith("none of the 4 samples of the val split")
    assert json.loads((tmp_path / "skipped.json").read_text()).keys() == {"train", "val", "test"}

"""Files that cannot be read: each kind, under both policies, whoever loads them."""

import errno
import gc
import os
import pickle
from contextlib import contextmanager

import pytest
import torch

from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.failures import Checked
from gradunc.data.loading.report import Failure, LoadingReport
from gradunc.errors import InputError
from tests.data.recordings import image_path, record, truncate

BAD = 3
COUNT = 8


def cut(folder):
    truncate(image_path(folder, BAD))


def empty(folder):
    image_path(folder, BAD).write_bytes(b"")


def vanish(folder):
    image_path(folder, BAD).unlink()


def cut_truth(folder):
    truncate(folder / f"{BAD}.npy")


DAMAGES = {
    cut: "cannot read image '{image}': ",
    empty: "cannot read image '{image}': the file is empty",
    vanish: "'{image}' does not exist",
    cut_truth: "cannot read depth '{folder}/3.npy': ",
}


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__)
def damaged(request, tmp_path):
    """A data set with one bad sample, and how its message begins."""
    data = record(tmp_path, COUNT)
    request.param(tmp_path)
    return data, DAMAGES[request.param].format(image=image_path(tmp_path, BAD), folder=tmp_path)


def module(data, policy="skip", **options) -> DepthData:
    return DepthData(lambda _: data, **{"batch_size": 2, "eval_batch_size": 2, "on_error": policy, **options})


def indices(loader) -> list[list[int]]:
    return [batch["index"].tolist() for batch in loader]


@pytest.mark.parametrize("workers", [0, 1])
def test_raise_ends_with_one_line(damaged, workers):
    data, beginning = damaged
    for loader in (module(data, "raise", workers=workers).train_dataloader(), module(data, "raise").test_dataloader()):
        with pytest.raises(InputError) as caught:
            indices(loader)
        assert str(caught.value).startswith(beginning)
        assert str(caught.value).endswith(" (data.on_error=skip omits what cannot be read)")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("loader", ["val_dataloader", "test_dataloader", "predict_dataloader"])
def test_evaluation_drops_the_sample_and_counts_nothing_twice(damaged, loader):
    data, beginning = damaged
    loaded = module(data)
    assert indices(getattr(loaded, loader)()) == [[0, 1], [2], [4, 5], [6, 7]]
    split = loader.split("_")[0].replace("predict", "test")
    (failure,) = loaded.report.found[split].values()
    assert (failure.index, failure.name) == (BAD, data.name(BAD))
    assert failure.reason.startswith(beginning)
    assert loaded.report.delivered == {split: COUNT - 1}


def test_training_takes_the_same_other_sample_every_time(damaged):
    data, beginning = damaged
    order = module([{"image": torch.zeros(1), "index": torch.tensor(i)} for i in range(COUNT)], seed=1)
    whole = indices(order.train_dataloader())
    loaded = {workers: module(data, seed=1, workers=workers) for workers in (0, 1)}
    batches = {workers: indices(one.train_dataloader()) for workers, one in loaded.items()}
    assert batches[0] == batches[1]
    for batch, expected in zip(batches[0], whole, strict=True):
        assert len(batch) == 2
        for found, wanted in zip(batch, expected, strict=True):
            assert found == wanted if wanted != BAD else found != BAD
    for one in loaded.values():
        assert list(one.report.found["train"]) == [BAD]
        assert one.report.found["train"][BAD].reason.startswith(beginning)


def test_a_second_pass_counts_a_failure_once(damaged):
    loaded = module(damaged[0])
    loader = loaded.val_dataloader()
    assert indices(loader) == indices(loader)
    assert loaded.report.count("val") == 1
    assert loaded.report.delivered["val"] == COUNT - 1


def test_one_sample_after_another(damaged):
    data, beginning = damaged
    loaded = module(data)
    assert [int(sample["index"]) for sample in loaded.samples("train")] == [0, 1, 2, 4, 5, 6, 7]
    assert loaded.report.count("train") == 1
    with pytest.raises(InputError) as caught:
        list(module(data, "raise").samples("train"))
    assert str(caught.value).startswith(beginning)


@contextmanager
def unprivileged():
    """Root may read everything: drop that for a while."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("locked", ["image", "folder", "truth"])
def test_files_without_permission(tmp_path_factory, tmp_path, locked):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(tmp_path_factory.getbasetemp().parents[1]):
            os.chmod(folder, folder.stat().st_mode | 0o055)
    data = record(tmp_path / "data", 2)
    path = {"image": image_path(tmp_path / "data", 1), "folder": tmp_path / "data", "truth": tmp_path / "data/1.npy"}
    os.chmod(path[locked], 0)
    try:
        with unprivileged():
            delivery = Checked(data, substitute=False)[1]
    finally:
        os.chmod(path[locked], 0o755)
    assert delivery.content is None
    named = tmp_path / "data/1.npy" if locked == "truth" else image_path(tmp_path / "data", 1)
    (failure,) = delivery.failures
    assert "Permission denied" in failure.reason
    assert str(named) in failure.reason


class Broken:
    """Samples that raise what they are made of."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = errors

    def __len__(self) -> int:
        return len(self.errors)

    def __getitem__(self, index: int) -> dict:
        error = self.errors[index]
        if error is not None:
            raise error
        return {"image": torch.zeros(3, 2, 2), "index": torch.tensor(index)}


BAD_FILE = InputError("bad file")


def test_a_whole_batch_that_cannot_be_read_is_passed_over():
    loaded = module(Broken(None, BAD_FILE, BAD_FILE, BAD_FILE, BAD_FILE, None), eval_batch_size=2)
    assert indices(loaded.val_dataloader()) == [[0], [5]]
    assert loaded.report.delivered["val"] == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_training_without_any_readable_sample(workers):
    expected = "none of the 5 samples of the train split that were asked for can be read; the first: bad file"
    with pytest.raises(InputError, match=expected):
        indices(module(Broken(*[BAD_FILE] * 5), workers=workers).train_dataloader())
    gc.collect()  # ends the loading process here, and not in the midst of another test


def test_substitutes_are_drawn_from_all_samples():
    """The next good one would stand for a whole damaged drive."""
    data = Checked(Broken(*[None] * 100, *[InputError() for _ in range(100)]), substitute=True)
    chosen = [int(data[index].content["index"]) for index in range(100, 200)]
    assert chosen == [int(data[index].content["index"]) for index in range(100, 200)]
    assert len(set(chosen)) > 40
    assert max(chosen) > 80 > 20 > min(chosen)


@pytest.mark.parametrize("policy", ["raise", "skip"])
@pytest.mark.parametrize("chained", [False, True])
def test_the_machine_is_not_the_file(policy, chained):
    error: Exception = OSError(errno.EMFILE, "Too many open files", "0.jpg")
    if chained:
        wrapped = InputError("cannot read image '0.jpg': Too many open files")
        wrapped.__cause__ = error
        error = wrapped
    with pytest.raises(InputError, match=r"Too many open files; lower data.workers"):
        indices(module(Broken(None, error), policy).val_dataloader())


def test_what_is_a_bug_keeps_its_traceback():
    with pytest.raises(KeyError):
        indices(module(Broken(None, KeyError("depth"))).val_dataloader())


def test_the_report_names_counts_and_the_first_reasons():
    report = LoadingReport("skip")
    assert report.lines() == []
    report.begin("train", 40)
    report.begin("val", 9)
    report.add("train", [Failure(index, f"{index}.png", f"reason {index}") for index in (7, 5, 5)])
    report.merge({"train": {6: Failure(6, "6.png", "reason 6")}, "val": {0: Failure(0, "0.png", "reason 5")}})
    assert report.lines() == [
        "skipped samples that cannot be read: 3 of 40 train, 1 of 9 val",
        "  reason 5",
        "  reason 6",
        "  reason 7",
    ]
    assert report.content()["val"] == {
        "skipped": 1,
        "samples": 9,
        "files": [{"index": 0, "name": "0.png", "reason": "reason 5"}],
    }
    report.add("train", [Failure(index, "", f"reason {index}") for index in range(20, 29)])
    assert report.lines()[-1] == "  and 7 more"


def test_checked_data_can_be_sent_to_a_process(tmp_path):
    data = pickle.loads(pickle.dumps(Checked(record(tmp_path, 2), substitute=True)))
    assert int(data[1].content["index"]) == 1

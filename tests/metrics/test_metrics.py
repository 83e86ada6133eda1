"""The Metrics: means of the pure functions, whatever the device, the number of processes or of pixels."""

import warnings

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from gradunc.metrics import DepthErrors, Sparsification, depth_errors, sparsification
from tests.golden.inputs import sparsification_case

COUNTS = (5, 300, 77, 1, 50)
"""Pixels of each image: unequal, so that a mean over pixels would differ from the mean over images."""


def images():
    return [tuple(map(torch.from_numpy, sparsification_case(n, n, "noisy"))) for n in COUNTS]


def filled(cases, first=0, step=1):
    depth, ranking = DepthErrors(), Sparsification()
    for number, (truth, prediction, uncertainty) in enumerate(cases):
        depth.update(truth, prediction, first + step * number)
        ranking.update(truth, prediction, uncertainty, number=first + step * number)
    return depth, ranking


def test_depth_errors_are_the_mean_over_images():
    values = filled(images())[0].compute()
    singles = [depth_errors(truth, prediction) for truth, prediction, _ in images()]
    for name, value in values.items():
        torch.testing.assert_close(value, torch.stack([one[name] for one in singles]).mean(), rtol=1e-12, atol=0)


def test_sparsification_is_the_mean_over_images():
    metric = filled(images())[1]
    singles = [sparsification(*case) for case in images()]
    values, curves = metric.compute(), metric.curves()
    assert list(values) == ["ause_abs_rel", "aurg_abs_rel", "ause_rmse", "aurg_rmse", "ause_a1", "aurg_a1"]
    for error, curve in curves.items():
        results = [one[error] for one in singles]
        expected = [torch.stack(field).mean(dim=0) for field in zip(*results, strict=True)]
        ours = [values[f"ause_{error}"], values[f"aurg_{error}"], curve.method, curve.oracle]
        torch.testing.assert_close(ours, expected, rtol=1e-12, atol=1e-14)
        assert curve.random == curve.method[0]


@pytest.mark.parametrize("metric", [DepthErrors(), Sparsification()])
def test_the_states_keep_their_precision(metric):
    metric.to("cpu").half().float()
    count = len(images()[0]) if isinstance(metric, Sparsification) else 2
    for case in images():
        metric.update(*case[:count])
    states = [*metric.rows, *(state for state in metric.metric_state.values() if isinstance(state, torch.Tensor))]
    assert {state.dtype for state in states} == {torch.float64, torch.int64}


def test_rows_stand_in_the_order_of_their_numbers():
    metric, order = DepthErrors(), [30, 2, 7, 0, 11]
    for number, (truth, prediction, _) in zip(order, images(), strict=True):
        metric.update(truth, prediction, number)
    rows = metric.per_image()
    assert rows.numbers.tolist() == sorted(order)
    for number, (truth, prediction, _) in zip(order, images(), strict=True):
        expected = torch.stack(list(depth_errors(truth, prediction).values()))
        assert torch.equal(rows.at(torch.tensor([number]))[0], expected)
    absent = rows.at(torch.tensor([1, 31, 30]))
    assert absent.isnan().all(1).tolist() == [True, True, False]
    assert DepthErrors().per_image().at(torch.tensor([0, 1])).isnan().all()


def test_a_row_is_some_hundred_bytes():
    metric = filled(images())[1]
    assert metric.images == len(COUNTS)
    assert sum(rows.nbytes for rows in metric.rows) == len(COUNTS) * 7 * 8


def test_images_without_a_valid_pixel_are_skipped_and_counted():
    nothing = (torch.zeros(0),) * 3
    with_empty, without = filled([nothing, *images(), nothing]), filled(images())
    for ours, expected in zip(with_empty, without, strict=True):
        assert ours.compute() == expected.compute()
        assert ours.skipped == 2
        assert ours.images == len(COUNTS)


@pytest.mark.parametrize("index", [0, 1])
def test_without_any_image_the_result_is_nan_with_a_warning(index):
    metric = filled([(torch.zeros(0),) * 3])[index]
    with pytest.warns(UserWarning, match="no image with a valid pixel"):
        values = metric.compute()
    assert all(value.isnan() for value in values.values())


def test_reset_forgets():
    metric = filled(images())[0]
    metric.reset()
    metric.update(torch.tensor([2.0]), torch.tensor([3.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metric.compute()["abs_rel"] == 0.5


def _process(rank, folder):
    torch.set_num_threads(1)  # a forked process has lost the other threads
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    depth, ranking = filled(images()[rank::2], rank, 2)
    curves = ranking.curves()
    result = {
        "depth": depth.compute(),
        "ranking": ranking.compute(),
        "curves": curves,
        "after": ranking.curves(),
    }
    empty = DepthErrors()
    if rank == 1:
        empty.update(torch.tensor([2.0]), torch.tensor([3.0]), 5)
    result |= {"rows": ranking.per_image(), "one process is empty": empty.per_image()}
    torch.save({"images": int(ranking.images), **result}, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_agree_with_one(tmp_path):
    mp.start_processes(_process, (str(tmp_path),), nprocs=2, start_method="fork")
    depth, ranking = filled(images())
    expected = {"depth": depth.compute(), "ranking": ranking.compute(), "curves": ranking.curves()}
    for rank, own in ((0, 3), (1, 2)):
        synchronised = torch.load(tmp_path / f"{rank}.pt", weights_only=False)
        assert synchronised["images"] == own, "reading the synchronised curves changed the state"
        assert torch.equal(synchronised["rows"].numbers, torch.arange(len(COUNTS)))
        assert torch.equal(synchronised["rows"].values, ranking.per_image().values)
        assert synchronised["one process is empty"].numbers.tolist() == [5]
        assert synchronised["depth"] == expected["depth"], "equal to the bit"
        for name, values in expected.items():
            torch.testing.assert_close(synchronised[name], values, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(synchronised["after"], expected["curves"], rtol=1e-12, atol=1e-14)

"""The gradient engine: several threads at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import (
    Pyramid,
    assert_same,
    fingerprint,
    noise,
)


class TestThreads:
    ROUNDS = 25

    @pytest.mark.parametrize("training", [False, True])
    def test_estimators_and_plain_forwards_of_other_threads(self, training: bool) -> None:
        model = Pyramid(inplace=True)
        images = [noise(2, 16, 24, seed) for seed in range(4)]
        features = {"feature_noise": {"layer": "deep", "strength": 5.0}}
        estimators = [
            GradientUncertainty(model, ["block"]),
            GradientUncertainty(model, ["stem.0", "fuse"], "gray"),
            GradientUncertainty(model, ["fuse"], features),
        ]
        jobs: list[tuple[Callable[[Tensor], Any], Tensor]] = [
            (estimators[0].estimate, images[0]),
            (estimators[0].estimate, images[1]),
            (estimators[1].estimate, images[2]),
            (estimators[2].estimate, images[2]),
        ]
        if not training:  # a plain forward of another thread must not meet a model whose mode changes
            jobs.append((lambda image: model(image).depth.detach(), images[3]))
        expected = [job(image) for job, image in jobs]
        model.train(training)
        before = fingerprint(model)
        results: list[list[Any]] = [[] for _ in jobs]
        barrier = threading.Barrier(len(jobs))

        def work(number: int) -> None:
            job, image = jobs[number]
            barrier.wait()
            results[number].extend(job(image) for _ in range(self.ROUNDS))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [len(found) for found in results] == [self.ROUNDS] * len(jobs)
        for found, serial in zip(results, expected, strict=True):
            for one in found:
                if isinstance(serial, UncertaintyEstimate):
                    assert_same(one, serial)
                else:
                    torch.testing.assert_close(one, serial)
        assert fingerprint(model) == before

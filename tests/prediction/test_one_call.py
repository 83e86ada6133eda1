"""`gradunc.predict`: what it takes for an estimator, and networks of somebody else."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import gradunc
from gradunc import GradientUncertainty, InputError, OutputSpace
from gradunc.uncertainty import TRIVIAL
from tests.prediction.images import PIXELS, Plain, as_tensor


def test_estimators(network: nn.Module) -> None:
    published = gradunc.predict(PIXELS, network, estimator=GradientUncertainty)
    same = gradunc.predict(PIXELS, network, estimator=GradientUncertainty(network))
    row = gradunc.predict(PIXELS, network, estimator=TRIVIAL["row"])
    alone = gradunc.predict(PIXELS, network, estimator=None)

    np.testing.assert_array_equal(published.uncertainty, same.uncertainty)
    assert row.uncertainty is not None
    assert row.uncertainty[0, 0] > row.uncertainty[-1, 0]
    assert (alone.uncertainty, alone.scale) == (None, None)
    assert alone.valid.all()
    np.testing.assert_array_equal(alone.depth, published.depth)


@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses")
@pytest.mark.parametrize("estimator", [GradientUncertainty, GradientUncertainty.recommended, None])
def test_a_network_of_somebody_else(estimator: Any) -> None:
    plain = Plain()
    result = gradunc.predict(PIXELS, plain, estimator=estimator)

    with torch.no_grad():
        expected = plain(as_tensor()[None] / 255)[0]
    np.testing.assert_allclose(result.depth, expected.numpy(), rtol=1e-5)
    assert result.space == OutputSpace("depth", "scale")
    assert plain.training


def test_refused_estimators() -> None:
    with pytest.raises(InputError, match="estimator is a str; give GradientUncertainty"):
        gradunc.predict(PIXELS, Plain(), estimator="flip")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="the reference 'given' compares with true depth"):
        gradunc.predict(PIXELS, Plain(), estimator=lambda net: GradientUncertainty(net, "auto", "given"))

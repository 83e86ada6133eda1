"""Whether the options of a method say what it needs, as far as its estimator shows it."""

from collections.abc import Sequence

from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import Fitted
from gradunc.uncertainty.settings import NEEDS


def needs_are_said(needs: tuple[str, ...], estimator: UncertaintyEstimator, networks: Sequence[str]) -> None:
    """Words of the vocabulary; who learns or has asked for `networks` (their paths) says so."""
    assert needs == tuple(word for word in NEEDS if word in needs), f"{needs} are not words of {NEEDS}, in this order"
    assert ("fitting" in needs) == isinstance(estimator, Fitted)
    assert "second network" in needs or not networks

import pytest
import torch

from gradunc.errors import InputError
from gradunc.metrics import DETECTION, detection


def test_by_hand_with_a_tie() -> None:
    """Familiar 1, 2, 3, foreign 2, 4. Of six pairs four are right and one is a tie.

    Accepting up to 1, 2, 3: precision 1, 2/3, 3/4 at recall 1/3, 2/3, 1. All familiar ones are accepted at 3, with one
    of two foreign ones.
    """
    found = detection(torch.tensor([3.0, 1.0, 2.0]), torch.tensor([4.0, 2.0]))
    assert list(found) == list(DETECTION)
    assert found == pytest.approx({"auroc": 4.5 / 6, "aupr": (1 + 2 / 3 + 3 / 4) / 3, "fpr95": 0.5})


@pytest.mark.parametrize(("foreign", "expected"), [([18.5, 30.0], 0.0), ([17.5, 30.0], 0.5), ([0.5, 17.5], 1.0)])
def test_nineteen_of_twenty_are_95_percent(foreign: list[float], expected: float) -> None:
    assert detection(torch.arange(20.0), torch.tensor(foreign))["fpr95"] == expected


def test_all_equal_is_chance() -> None:
    assert detection(torch.ones(3), torch.ones(2)) == pytest.approx({"auroc": 0.5, "aupr": 0.6, "fpr95": 1.0})


def test_the_wrong_way_round() -> None:
    found = detection(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0]))
    assert found == pytest.approx({"auroc": 0.0, "aupr": (1 / 3 + 2 / 4) / 2, "fpr95": 1.0})


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e9, -1.0])
def test_only_the_order_counts(unit: float) -> None:
    """A sigmoid would make ties of large numbers."""
    familiar, foreign = torch.rand(50, generator=torch.Generator().manual_seed(0)), torch.linspace(0.2, 1.2, 40)
    if unit < 0:
        changed = detection(familiar - 1000, foreign - 1000)
    else:
        changed = detection(unit * familiar.double(), unit * foreign.double())
    assert changed == pytest.approx(detection(familiar, foreign), abs=2e-2 if unit < 0 else 1e-6)
    pairs = (familiar[:, None] < foreign).double().mean() + 0.5 * (familiar[:, None] == foreign).double().mean()
    assert detection(familiar, foreign)["auroc"] == pytest.approx(float(pairs), abs=1e-6)


@pytest.mark.parametrize(("familiar", "foreign"), [([], [1.0]), ([1.0], []), ([1.0], [float("nan")])])
def test_nothing_to_compare(familiar: list[float], foreign: list[float]) -> None:
    with pytest.raises(InputError, match="finite scores"):
        detection(torch.tensor(familiar), torch.tensor(foreign))

import pytest
import torch
from torchmetrics.functional.classification import binary_auroc, binary_average_precision, binary_roc

from gradunc.errors import InputError
from gradunc.metrics import Resampling
from gradunc.metrics.detection import DETECTION, detection, detection_intervals
from tests.training.helpers import random


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


@pytest.mark.parametrize("seed", range(5))
def test_against_torchmetrics_and_in_any_order(seed: int) -> None:
    """Scores in [0,1], of which many are equal: torchmetrics takes them as they are."""
    familiar, foreign = (random(seed, 60) * 20).round() / 64, 0.125 + (random(seed + 9, 45) * 20).round() / 64
    labels = torch.cat([torch.ones(60), torch.zeros(45)]).long()
    confidence = 1 - torch.cat([familiar, foreign])
    found = detection(familiar, foreign)
    assert found["auroc"] == pytest.approx(float(binary_auroc(confidence, labels)), abs=1e-6)
    assert found["aupr"] == pytest.approx(float(binary_average_precision(confidence, labels)), abs=1e-6)
    false, true, _ = binary_roc(confidence, labels)
    assert found["fpr95"] == pytest.approx(float(false[true >= 0.95 - 1e-6].min()), abs=1e-6)
    assert detection(familiar.flip(0), foreign[torch.randperm(45)]) == pytest.approx(found, abs=1e-12)


def test_an_interval_is_that_of_drawing_images_again_and_again() -> None:
    """Second implementation: a loop over draws of its own. 2,000 draws differ by some hundredths of the width."""
    familiar, foreign = random(1, 30), 0.3 + random(2, 25)
    generator = torch.Generator().manual_seed(7)
    rows = []
    for _ in range(2000):
        picks = (torch.randint(len(side), (len(side),), generator=generator) for side in (familiar, foreign))
        rows.append(
            list(detection(*(side[pick] for side, pick in zip((familiar, foreign), picks, strict=True))).values())
        )
    expected = torch.tensor(rows, dtype=torch.float64).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64), 0)
    found = detection_intervals(familiar, foreign, Resampling([None] * 30, 0), Resampling([None] * 25, 1))
    for column, name in enumerate(DETECTION):
        assert found[name] == pytest.approx(expected[:, column].tolist(), abs=0.05 if name == "fpr95" else 0.02), name


def test_perfect_separation_has_an_interval_without_width_and_four_images_none() -> None:
    known, others = torch.arange(9.0), torch.arange(10.0, 16.0)
    found = detection_intervals(known, others, Resampling([None] * 9), Resampling([None] * 6, 1))
    assert found == {"auroc": (1.0, 1.0), "aupr": (1.0, 1.0), "fpr95": (0.0, 0.0)}
    assert detection_intervals(known, others[:4], Resampling([None] * 9), Resampling([None] * 4, 1)) == {}

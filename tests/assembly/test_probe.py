"""A trainer that is asked and never runs."""

import logging

import pytest

from gradunc.assembly import build_trainer, probe_trainer
from gradunc.config.trainer import TrainerSettings
from gradunc.errors import InputError

QUIET = "lightning.pytorch.utilities.rank_zero"
"""The logger that commands make quiet in their process."""


def test_it_says_nothing_of_the_hardware(caplog: pytest.LogCaptureFixture) -> None:
    settings = TrainerSettings(accelerator="cpu", max_epochs=7)
    with caplog.at_level(logging.INFO), caplog.at_level(logging.INFO, logger=QUIET):
        assert probe_trainer(settings).max_epochs == 7
        assert caplog.records == []
        build_trainer(settings, [])
    assert any("GPU available" in record.message for record in caplog.records)


def test_an_error_leaves_logging_as_it_was() -> None:
    with pytest.raises(InputError, match=r"^trainer\.devices=a,b must be"):
        probe_trainer(TrainerSettings(devices="a,b"))
    assert logging.root.manager.disable == 0

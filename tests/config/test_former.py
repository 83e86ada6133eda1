"""Keys under the names of earlier versions: files are read, the command line is told."""

import pytest

from gradunc.config import TrainConfig
from gradunc.config.former import FORMER, with_names_of_now
from gradunc.config.keys import known_keys
from gradunc.errors import InputError
from tests.config.test_loading import train


def test_every_former_name_leads_to_a_key_and_is_none():
    known = set(known_keys(TrainConfig))
    assert set(FORMER.values()) <= known
    assert not set(FORMER) & known


def test_the_configuration_of_an_old_run_is_read(tmp_path):
    old = "trainer: {accumulate: 2, gradient_clip: 0.5, val_every: 3, log_every: 7, max_epochs: 4}\n"
    (tmp_path / "config.yaml").write_text(old)
    found = train(str(tmp_path / "config.yaml")).trainer
    assert (found.accumulate_grad_batches, found.gradient_clip_val, found.check_val_every_n_epoch) == (2, 0.5, 3)
    assert (found.log_every_n_steps, found.max_epochs) == (7, 4)


@pytest.mark.parametrize("former", FORMER)
def test_the_command_line_is_told(former):
    with pytest.raises(InputError) as error:
        train(f"{former}=2")
    assert str(error.value) == f"'{former}' is now '{FORMER[former]}'"


def test_a_section_with_dots_stays_as_it_is_written():
    content = {"trainer.early_stopping": {"patience": 2}, "trainer.val_every": 3}
    assert with_names_of_now(content) == content


def test_both_names_in_one_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("trainer: {val_every: 3, check_val_every_n_epoch: 2}\n")
    with pytest.raises(InputError, match=r"mine.yaml: trainer.val_every is now trainer.check_val_every_n_epoch, which"):
        train(str(tmp_path / "mine.yaml"))

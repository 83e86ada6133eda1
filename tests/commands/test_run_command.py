import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from gradunc.errors import InputError
from tests.helpers import assert_one_error


class Damaged(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index: int) -> torch.Tensor:
        try:
            raise OSError("below")
        except OSError as error:
            raise InputError("'a.png' is\ndamaged") from error


@pytest.mark.slow
def test_an_error_of_a_loading_process_is_one_line(call):
    def main(arguments):
        list(DataLoader(Damaged(), num_workers=1))
        return 0

    outcome = call(main)
    assert_one_error(outcome)
    assert outcome.err == "error: 'a.png' is damaged\n"

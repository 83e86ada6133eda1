"""Loading processes end as PyTorch expects when the main process tells them to."""

import time

from torch.utils.data import DataLoader, Dataset

from gradunc.data.loading.loaders import _leave_signals  # pyright: ignore[reportPrivateUsage]


class Slow(Dataset[int]):
    """Samples that come late."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> int:
        time.sleep(0.2)
        return index


def test_a_process_that_the_main_one_ends_has_ended_well():
    loader = DataLoader(Slow(), num_workers=1, worker_init_fn=_leave_signals)
    iterator = iter(loader)
    assert next(iterator).tolist() == [0]
    (worker,) = iterator._workers  # pyright: ignore[reportAttributeAccessIssue]
    worker.terminate()
    worker.join(timeout=20)
    assert worker.exitcode == 0

"""What a logger is given; `test_report.py` reads it back from the files of wandb."""

from types import SimpleNamespace
from typing import Any, cast

from lightning.pytorch.loggers import WandbLogger

from gradunc.callbacks.wandb import log_result
from tests.results.helpers import PIXELS, RESULT


class Noted(WandbLogger):
    """Notes what it is to log."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.images: dict[str, Any] = {}

    def log_table(self, key: str, columns: Any = None, data: Any = None, **_: Any) -> None:
        self.tables[key] = (columns, data)

    def log_image(self, key: str, images: Any, **_: Any) -> None:
        self.images[key] = images


def log(logger: Any, *, main: bool = True) -> None:
    trainer = cast(Any, SimpleNamespace(is_global_zero=main, loggers=[logger]))
    log_result(trainer, RESULT, {"layers": "test/layers", "uncertainty": "test/empty"}, {"plot": "test/plot"})


def test_tables_and_pictures_that_have_a_key() -> None:
    logger = Noted()
    log(logger)
    assert logger.tables == {"test/layers": (["layer", "[bold]cost"], [["blocks.*", 2.25], ["", None], ["b", 7]])}
    ((key, (picture,)),) = logger.images.items()
    assert key == "test/plot"
    assert picture is PIXELS


def test_only_the_main_process_logs() -> None:
    logger = Noted()
    log(logger, main=False)
    assert not logger.tables
    assert not logger.images


def test_nothing_happens_with_other_loggers() -> None:
    log(object())

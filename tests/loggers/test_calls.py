"""Callbacks speak to all loggers alike; `tests/callbacks/test_report.py` reads back what wandb has written."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger, WandbLogger

from gradunc.loggers import LOGGERS
from gradunc.loggers.calls import build_loggers, closing, log_picture, log_result, logged
from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings
from gradunc.registry import implementation_of
from gradunc.stopping import Stopped
from tests.results.helpers import PIXELS, RESULT


class Noted(WandbLogger):
    """Notes what it is to log."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.images: dict[str, Any] = {}

    def log_table(self, key: str, columns: Any = None, data: Any = None, **_: Any) -> None:
        self.tables[key] = (columns, data)

    def log_image(self, key: str, images: Any, **options: Any) -> None:
        self.images[key] = (images, options)


def trainer_with(*loggers: Any, main: bool = True) -> Any:
    return cast(Any, SimpleNamespace(is_global_zero=main, loggers=list(loggers), global_step=7))


def log(logger: Any, *, main: bool = True) -> None:
    tables = {"layers": "test/layers", "uncertainty": "test/empty"}
    log_result(trainer_with(logger, main=main), RESULT, tables, {"plot": "test/plot"})


def test_tables_and_pictures_that_have_a_key() -> None:
    logger = Noted()
    log(logger)
    assert logger.tables == {"test/layers": (["layer", "[bold]cost"], [["blocks.*", 2.25], ["", None], ["b", 7]])}
    ((key, ((picture,), options)),) = logger.images.items()
    assert key == "test/plot"
    assert picture is PIXELS
    assert options == {"caption": [f"{RESULT.title}: {RESULT.protocol}"]}


def test_only_the_main_process_logs() -> None:
    logger = Noted()
    log(logger, main=False)
    assert not logger.tables
    assert not logger.images


def test_nothing_happens_with_other_loggers(tmp_path) -> None:
    log(object())
    log(CSVLogger(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_caption() -> None:
    logger = Noted()
    log_picture(trainer_with(logger), "val/panel", PIXELS, "a.png")
    assert logger.images == {"val/panel": ([PIXELS], {"caption": ["a.png"]})}


@pytest.mark.parametrize("name", LOGGERS)
def test_every_kind_builds_loggers_that_it_knows_and_writes_nothing_yet(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    info = RunInfo(tmp_path, "net data l1", resumable=True)
    loggers = build_loggers(LoggerSettings(kind=name), info)
    assert not list(tmp_path.iterdir())
    kinds = [kind for kind, _ in logged(trainer_with(*loggers))]
    kind = implementation_of(LOGGERS, name, "")
    assert kinds[-1:] == ([] if kind.lightning is None else [kind])
    assert name == "none" or isinstance(loggers[0], CSVLogger)


def test_a_run_that_ends_early_is_closed_with_its_exit_code(monkeypatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("gradunc.loggers.wandb.Wandb.end", lambda self, logger, code: codes.append(code))
    for error in (Stopped(2), ValueError("x")):
        with pytest.raises(type(error)), closing(trainer_with(Noted())):
            raise error
    with closing(trainer_with(Noted())):
        pass
    assert codes == [130, 1]


def test_tensorboard(tmp_path) -> None:
    """What is in the file, read back by TensorBoard itself."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    info = RunInfo(tmp_path, config={"name": "toy", "model": {"size": [32, 64]}})
    _, board = build_loggers(LoggerSettings(kind="tensorboard"), info)
    assert isinstance(board, TensorBoardLogger)
    trainer = trainer_with(board)
    kind = implementation_of(LOGGERS, "tensorboard", "")
    kind.begin(board, info)
    board.log_metrics({"val/abs_rel": 0.25}, step=3)
    log_picture(trainer, "val/panel", PIXELS, "a.png")
    log(board)
    kind.end(board, 0)
    assert {path.name for path in (tmp_path / "tensorboard").iterdir()} >= {"hparams.yaml"}
    found = EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    (scalar,) = found.Scalars("val/abs_rel")
    assert (scalar.step, scalar.value) == (3, 0.25)
    assert {"val/panel", "test/plot"} <= set(found.Tags()["images"])
    (image,) = found.Images("val/panel")
    assert (image.step, image.height, image.width) == (7, *PIXELS.shape[:2])
    texts = {tag: found.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in found.Tags()["tensors"]}
    assert texts["val/panel/text_summary"] == "a.png"
    assert "| blocks.\\* | 2.2 |" in texts["test/layers/text_summary"]


def test_tensorboard_without_its_package(monkeypatch) -> None:
    monkeypatch.setattr("gradunc.loggers.tensorboard.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs the package tensorboard: pip install 'gradunc\[tensorboard\]'"):
        build_loggers(LoggerSettings(kind="tensorboard"), cast(Any, None))

"""Small networks, pictures and command calls that tests of several packages share."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.multiprocessing
from PIL import Image
from torch import Tensor

from gradunc.commands.run_command import run
from gradunc.models import DepthModel, Monodepth2Settings, build_model

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("GRADUNC_DATA", REPOSITORY.parent / "shared" / "data"))
"""Real data that the project never carries; tests that use it skip without it."""

SIZE = (64, 96)
"""Height and width of the tiny network: two by three cells of its deepest map."""

TINY = ("model=lcnet", "model.size=[64,96]", "model.decoder_channels=[8,8,8,8,8]", "trainer=cpu")
"""Arguments of train.py that give the network of `tiny_settings`."""


def tiny_settings(**changes: object) -> Monodepth2Settings:
    settings = Monodepth2Settings(encoder="lcnet_050", size=list(SIZE), decoder_channels=[8] * 5)
    return replace(settings, **changes)


def tiny_model(seed: int = 0, **changes: object) -> DepthModel:
    """Fresh weights, eval mode; head weights are enlarged so that the depth is no constant."""
    torch.manual_seed(seed)
    model = build_model(tiny_settings(**changes)).eval()
    with torch.no_grad():
        for head in model.decoder.heads:
            head.weight.mul_(5)
    return model


def random_images(batch: int = 1, height: int = SIZE[0], width: int = SIZE[1], seed: int = 0) -> Tensor:
    """(B,3,H,W) in [0,1]."""
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H,W,3) uint8: slopes in every direction, so that no axis or channel can be swapped unseen."""
    y, x = np.mgrid[:height, :width]
    planes = [x / width, y / height, (x + 2 * y + 7 * seed) / (width + 2 * height + 7 * seed)]
    return (255 * np.stack(planes, -1)).astype(np.uint8)


def write_images(folder: Path, sizes: Sequence[tuple[int, int]] = ((48, 64),), suffix: str = ".png") -> list[Path]:
    """One picture per (height, width), `0.png`, `1.png`, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, (height, width) in enumerate(sizes):
        paths.append(folder / f"{i}{suffix}")
        Image.fromarray(picture(height, width, i)).save(paths[-1])
    return paths


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Call = Callable[..., Outcome]


def call_command(
    main: Callable[[Sequence[str]], int],
    arguments: Sequence[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Outcome:
    """Run a command in this process as its console script would."""
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["command", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        run(main)
    captured = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return Outcome(stop.value.code, captured.out, captured.err)


def in_two_processes(job: Callable[[], object]) -> None:
    """Run the same in two forks of this process, which Lightning takes for those that its strategy `ddp` starts.

    Scripts that start themselves anew import everything first, each for some seconds. An error of a fork is raised.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.start_processes(_as_rank, (job, port), nprocs=2, start_method="fork")


def _as_rank(rank: int, job: Callable[[], object], port: int) -> None:
    torch.set_num_threads(1)  # a forked process has lost the other threads
    os.environ |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    job()


def files_in(folder: Path) -> set[str]:
    """Relative names of all files, hidden ones too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def assert_one_error(outcome: Outcome, *parts: str) -> None:
    """Exit code 2 and one line `error: ...` on stderr that holds all the parts."""
    lines = outcome.err.strip().splitlines()
    assert outcome.code == 2, outcome
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    assert "Traceback" not in outcome.err + outcome.out
    for part in parts:
        assert part in lines[0], lines[0]

"""Whatever is wrong with a checkpoint, an export or a published pair: one line, no code run, no memory taken."""

import json
import resource
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc.commands.resume import check_same_objective
from gradunc.config import TrainConfig
from gradunc.errors import InputError
from gradunc.models import RTMonoDepthSSettings, build_model, export_model, load_model
from gradunc.models.pose.checkpoint import load_pose_network
from tests.models import published
from tests.models.checkpoints import mutations
from tests.models.checkpoints.helpers import lightning_checkpoint


def refused(read: Callable[[], Any], case: str, faults: list[str]) -> bool:
    """Whether one line refuses a case; anything else that is raised is a fault."""
    try:
        read()
    except InputError as error:
        if "\n" in str(error) or len(str(error)) > 1500:
            faults.append(f"{case}: message {str(error)[:300]!r}")
        return True
    except Exception as error:
        faults.append(f"{case}: {type(error).__name__}: {str(error)[:100]}")
    return False


@pytest.fixture
def memory() -> Iterator[None]:
    """Fails if a test has taken more than 400 MB at once."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A checkpoint of train.py with a depth network and a pose network."""
    path = lightning_checkpoint(tmp_path_factory.mktemp("whole") / "a.ckpt", build_model(RTMonoDepthSSettings()))
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["state_dict"]["pose_network.decoder.0.bias"] = torch.zeros(256)
    checkpoint["gradunc"]["config"] = {"objective": {"pose_encoder": "lcnet_050"}}
    return checkpoint


def readers(path: Path) -> dict[str, Callable[[], Any]]:
    return {
        "model": lambda: load_model(path),
        "pose": lambda: load_pose_network(path),
        "resume": lambda: check_same_objective(TrainConfig(), path),
    }


def run_over(cases: Iterator[tuple[str, Any]], path: Path, every: int = 1) -> tuple[int, list[str]]:
    """Number of cases that no reader has refused, and faults; of many cases only every n-th is tried."""
    faults: list[str] = []
    accepted = 0
    for case, content in islice(cases, 0, None, every):
        torch.save(content, path) if isinstance(content, dict) else path.write_bytes(content)
        outcomes = [refused(read, f"{name}: {case}", faults) for name, read in readers(path).items()]
        accepted += not any(outcomes)
    return accepted, faults


def test_entries(whole: dict[str, Any], tmp_path: Path, memory: None) -> None:
    accepted, faults = run_over(mutations.of_entry(whole), tmp_path / "a.ckpt", every=23)
    assert not faults
    assert accepted <= 20


def test_weights(whole: dict[str, Any], tmp_path: Path, memory: None) -> None:
    _, faults = run_over(mutations.of_weights(whole), tmp_path / "a.ckpt", every=5)
    assert not faults


def test_pickles(tmp_path: Path, memory: None) -> None:
    accepted, faults = run_over(mutations.of_pickles(tmp_path / "proof"), tmp_path / "a.ckpt")
    assert not faults
    assert not accepted
    assert not (tmp_path / "proof").exists(), "code of the file was run"


def test_exports(tmp_path: Path, memory: None) -> None:
    folder = export_model(build_model(RTMonoDepthSSettings()), tmp_path)
    described = json.loads((folder / "config.json").read_text())
    faults: list[str] = []
    for case, text in islice(mutations.of_config(described), 0, None, 4):
        (folder / "config.json").write_text(text)
        refused(partial(load_model, folder), case, faults)
    for case, text in mutations.of_json(described):
        (folder / "config.json").write_text(text)
        assert refused(partial(load_model, folder), case, faults), case
    (folder / "config.json").write_text(json.dumps(described))
    for case, content in mutations.of_safetensors():
        (folder / "model.safetensors").write_bytes(content)
        assert refused(partial(load_model, folder), case, faults), case
    assert not faults


def test_published_pairs(tmp_path: Path, memory: None) -> None:
    encoder, decoder = published.rt_weights()
    faults: list[str] = []
    for key in ("height", "width"):
        for value in mutations.WEIRD[::2]:
            folder = published.write(tmp_path, encoder | {key: value}, decoder)
            refused(partial(load_model, folder), f"{key}={str(value)[:40]}", faults)
    for value in mutations.NO_WEIGHTS:
        for one, other in (({"convs.0.0.weight": value}, {}), ({}, {"decoder.8.conv3.bias": value})):
            folder = published.write(tmp_path, encoder | one, decoder | other)
            assert refused(partial(load_model, folder), str(value)[:40], faults), str(value)[:40]
    for key in mutations.KEYS:
        folder = published.write(tmp_path, encoder | {key: 1}, decoder | {key: torch.zeros(1)})
        assert refused(partial(load_model, folder), f"{key!r:.40}", faults), key
    assert not faults

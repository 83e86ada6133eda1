"""Networks of the Hugging Face Hub, from a cache that is laid here and a hub that is played: nothing is downloaded."""

import fnmatch
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import huggingface_hub
import pytest
import torch
from huggingface_hub import errors
from transformers import DPTImageProcessor

from gradunc import InputError, OutputSpace, load_model
from gradunc.models import export_model
from gradunc.models.adapters.huggingface.hub import HubName, hub_folder, hub_name
from tests.helpers import random_images
from tests.models.adapters.huggingface_networks import glpn

NAME, COMMIT = "hf:owner/tiny-hf", "0123456789" * 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What a network's repository holds, with files that nobody needs."""
    folder = tmp_path / "repository"
    glpn().save_pretrained(folder)  # pyright: ignore[reportCallIssue]
    DPTImageProcessor(size={"height": 64, "width": 96}).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\ntags: [depth]\n---\n# A network\nlicense: mit\n")
    for name in ("pytorch_model.bin", "training_args.bin", "model.onnx", "modeling_own.py"):
        (folder / name).write_bytes(b"no weights")
    return folder


def lay(cache: Path, repository: Path, reference: str = "main") -> Path:
    """The cache after a download, as the library's documents describe it."""
    place = cache / "models--owner--tiny-hf"
    (place / "refs").mkdir(parents=True, exist_ok=True)
    (place / "refs" / reference).write_text(COMMIT)
    return Path(shutil.copytree(repository, place / "snapshots" / COMMIT))


class PlayedHub:
    """`snapshot_download` of a hub that has one network; nothing is in its cache at first."""

    def __init__(self, repository: Path, target: Path) -> None:
        self.repository, self.target = repository, target
        self.asked: list[tuple[str, str | None, bool]] = []

    def __call__(
        self, repo_id: str, *, revision: str | None, allow_patterns: list[str], local_files_only: bool = False
    ) -> str:
        self.asked.append((repo_id, revision, local_files_only))
        if local_files_only and not self.target.exists():
            raise errors.LocalEntryNotFoundError("nothing there")
        self.target.mkdir(exist_ok=True)
        for file in () if local_files_only else self.repository.rglob("*"):
            name = file.relative_to(self.repository).as_posix()
            if file.is_file() and any(fnmatch.fnmatch(name, pattern) for pattern in allow_patterns):
                (self.target / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(file, self.target / name)
        return str(self.target)


@pytest.fixture
def hub(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlayedHub:
    played = PlayedHub(repository, tmp_path / "fetched")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", played)
    return played


@pytest.mark.parametrize(
    "text", ["hf:", "hf:gpt2", "hf:a/b/c", "hf:a/b@", "hf:../b", "hf:a/..b", "hf:a/b@../c", "hf:a b/c"]
)
def test_what_names_no_network(text: str) -> None:
    with pytest.raises(InputError, match="names no network of the hub; give hf:ORG/NAME or hf:ORG/NAME@REVISION"):
        hub_name(text)


def test_names() -> None:
    assert hub_name("hf:a-b/c.d_e@refs/pr/3") == HubName("a-b/c.d_e", "refs/pr/3")
    assert str(hub_name("hf:a/b@v1")) == "hf:a/b@v1"
    assert [hub_name(one) for one in ("a/b", "./hf:a/b", "runs/x.ckpt", Path("/hf/x"))] == [None] * 4


@pytest.mark.parametrize("source", [NAME, f"{NAME}@main", f"{NAME}@{COMMIT}", Path(NAME)])
def test_what_lies_in_the_cache_is_taken_offline(source: str | Path, cache: Path, repository: Path) -> None:
    lay(cache, repository)
    loaded, expected = load_model(source), load_model(repository)
    image = random_images(1, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded(image).depth, expected(image).depth)
    assert loaded.size == (64, 96)


def test_the_licence_is_told_and_kept(
    cache: Path, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = lay(cache, repository)
    export = export_model(load_model(NAME), tmp_path / "export")
    assert f"{NAME}: licence of the weights: cc-by-nc-4.0, non-commercial" in capsys.readouterr().err
    load_model(export)
    assert f"{export}: licence of the weights: cc-by-nc-4.0, non-commercial" in capsys.readouterr().err
    (place / "README.md").unlink()
    load_model(NAME)
    assert f"{NAME}: licence of the weights: unknown, ask who published them" in capsys.readouterr().err


def test_what_is_not_in_the_cache_is_downloaded_once(hub: PlayedHub) -> None:
    folder = hub_folder(HubName("owner/tiny-hf", "v1"))
    wanted = {"README.md", "config.json", "model.safetensors", "preprocessor_config.json"}
    assert {file.name for file in folder.iterdir()} == wanted
    assert hub.asked[-1] == ("owner/tiny-hf", "v1", False)
    asked = len(hub.asked)
    assert hub_folder(HubName("owner/tiny-hf", "v1")) == folder
    assert [local for *_, local in hub.asked[asked:]] == [True]


def test_pickled_weights_are_fetched_only_where_there_are_no_others(hub: PlayedHub) -> None:
    (hub.repository / "model.safetensors").unlink()
    torch.save(glpn().state_dict(), hub.repository / "pytorch_model.bin")
    folder = hub_folder(HubName("owner/tiny-hf"))
    assert not (folder / "training_args.bin").exists()
    image = random_images(1, 64, 64)
    with torch.no_grad():
        assert load_model(NAME)(image).depth.isfinite().all()
    torch.save(glpn().state_dict() | {"more": print}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="loads no GLPNForDepthEstimation"):
        load_model(NAME)


def test_a_cached_network_without_its_preparation_is_taken_with_a_warning(cache: Path, repository: Path) -> None:
    (repository / "preprocessor_config.json").unlink()
    lay(cache, repository)
    with pytest.warns(UserWarning, match=r"has no preprocessor_config\.json, here or on the hub"):
        assert load_model(NAME).output_space == OutputSpace("depth", "metric")


def test_a_part_of_the_weights_is_no_network(cache: Path, repository: Path) -> None:
    (repository / "model.safetensors").rename(repository / "model-00001-of-00002.safetensors")
    (repository / "pytorch_model.bin").unlink()
    index = '{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
    (repository / "model.safetensors.index.json").write_text(index)
    lay(cache, repository)
    with pytest.raises(InputError, match="not in the local cache, or not whole, and HF_HUB_OFFLINE forbids"):
        load_model(NAME)


def test_a_repository_of_something_else(hub: PlayedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    (hub.repository / "config.json").unlink()
    with pytest.raises(InputError, match=r"hf:owner/tiny-hf has no config\.json; .* ends in -hf\)$"):
        load_model(NAME)
    (hub.repository / "model_index.json").write_text("{}")
    with pytest.raises(InputError, match="is a pipeline of Hugging Face diffusers"):
        load_model(NAME)


def answer(status: int) -> Any:
    return httpx.Response(status, request=httpx.Request("GET", "https://huggingface.co"))


@pytest.mark.parametrize(
    ("error", "offline", "said"),
    [
        (
            lambda: errors.GatedRepoError("", response=answer(403)),
            False,
            "accept its terms at https://huggingface.co/owner",
        ),
        (lambda: errors.RepositoryNotFoundError("", response=answer(404)), False, "is not on the hub, or private"),
        (lambda: errors.RevisionNotFoundError("", response=answer(404)), False, "has no revision 'v9'; see https"),
        (lambda: errors.LocalEntryNotFoundError("no"), True, "HF_HUB_OFFLINE forbids to download it; unset HF_HUB"),
        (lambda: ConnectionError("no\nroute"), False, r"cannot be downloaded \(ConnectionError: no route\); try again"),
        (lambda: OSError(28, "No space left on device"), False, "No space left on device"),
    ],
)
def test_one_line_says_why_not(
    error: Callable[[], Exception], offline: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, local_files_only: bool = False, **__: Any) -> str:
        raise errors.LocalEntryNotFoundError("nothing there") if local_files_only else error()

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    with pytest.raises(InputError, match=said) as found:
        load_model(f"{NAME}@v9")
    assert str(found.value).startswith(f"{NAME}@v9 ")
    assert "\n" not in str(found.value)


def test_an_empty_cache_and_no_network() -> None:
    with pytest.raises(InputError, match="is not in the local cache, or not whole, and HF_HUB_OFFLINE forbids"):
        load_model(NAME)


def test_the_client_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", None)
    with pytest.raises(InputError, match=r"not installed; run pip install 'gradunc\[huggingface\]'"):
        load_model(NAME)

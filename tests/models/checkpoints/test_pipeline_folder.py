"""Folders of a Marigold pipeline are loaded as the library loads them, and exported as any network is."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file

from gradunc import InputError, adapt_marigold, load_model
from gradunc.models import AdaptedModel, export_model
from tests.helpers import random_images
from tests.models.adapters.marigold_networks import SCHEDULE, diffusers, marigold, saved, with_text
from tests.models.adapters.test_hub import PlayedHub
from tests.models.checkpoints.helpers import assert_one_line

UNET = Path("unet/diffusion_pytorch_model.safetensors")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = saved(tmp_path_factory.mktemp("marigold"))
    (folder / "README.md").write_text("---\nlicense: openrail++\n---\n")
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "net"))


def test_what_the_pipeline_predicts(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    loaded = load_model(folder)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{folder}: licence of the weights: openrail++\n"), "and no progress bar"
    model, image = adapt_marigold(with_text(marigold())), random_images(2, 40, 56)
    with torch.no_grad():
        torch.testing.assert_close(loaded(image).depth, model(image).depth)
    assert not loaded.training
    assert not any("text_encoder" in name for name in loaded.state_dict())
    export = export_model(loaded, tmp_path / "export")
    again = load_model(export)
    assert isinstance(again, AdaptedModel)
    assert isinstance(loaded, AdaptedModel)
    assert again.description() == loaded.description()
    assert again.preparation == loaded.preparation
    assert f"{export}: licence of the weights: openrail++" in capsys.readouterr().err
    with torch.no_grad():
        assert torch.equal(again(image).depth, loaded(image).depth)
    assert str(tmp_path) not in (export / "config.json").read_text(), "no path of this machine"


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    """The hub has both; a folder may have the half one alone, under its own name."""
    folder = saved(tmp_path / "half", marigold().to(torch.float16), variant="fp16")
    assert (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    loaded, image = load_model(folder), random_images(1, 40, 56)
    assert {one.dtype for one in loaded.state_dict().values()} == {torch.float32}
    with torch.no_grad():
        expected = adapt_marigold(with_text(marigold()))(image).depth
        torch.testing.assert_close(loaded(image).depth, expected, rtol=0, atol=0.02)


def test_one_step_begins_where_there_is_noise(tmp_path: Path) -> None:
    """The scheduler of the first published Marigold leads; one step would begin at timestep 1."""
    scheduler = diffusers.DDIMScheduler(**(SCHEDULE | {"timestep_spacing": "leading", "steps_offset": 1}))
    with pytest.warns(UserWarning, match="timestep_spacing=trailing is used"):
        loaded = load_model(saved(tmp_path, marigold(scheduler)))
    image = random_images(1, 40, 56)
    with torch.no_grad():
        torch.testing.assert_close(loaded(image).depth, adapt_marigold(with_text(marigold()))(image).depth)


def change(file: Path, **values: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def without_a_weight(folder: Path) -> None:
    weights = load_file(folder / UNET)
    save_file({key: value for key, value in weights.items() if key != "conv_in.weight"}, folder / UNET)


def with_another_weight(folder: Path) -> None:
    save_file(load_file(folder / UNET) | {"wings": torch.ones(1)}, folder / UNET)


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a weight is missing": (without_a_weight, "unet does not fit UNet2DConditionModel: missing: conv_in.weight"),
    "a weight too many": (with_another_weight, "unet does not fit UNet2DConditionModel: left over: wings"),
    "weights are missing": (
        lambda folder: (folder / UNET).unlink(),
        r"has no unet/diffusion_pytorch_model\.safetensors; download the whole",
    ),
    "weights are cut": (
        lambda folder: (folder / UNET).write_bytes((folder / UNET).read_bytes()[:-1000]),
        "unet: diffusers .* loads no UNet2DConditionModel",
    ),
    "a description is missing": (
        lambda folder: (folder / "vae" / "config.json").unlink(),
        r"has no vae/config\.json; download the whole pipeline again",
    ),
    "a list for a description": (
        lambda folder: (folder / "vae" / "config.json").write_text("[]"),
        r"config\.json' describes nothing",
    ),
    "larger than its files": (
        lambda folder: change(folder / "unet" / "config.json", block_out_channels=[8000, 16000]),
        "its config describes .* weights, its files have",
    ),
    "a strange network": (
        lambda folder: change(folder / "vae" / "config.json", up_block_types=["Wings"] * 4),
        "vae: diffusers .* loads no AutoencoderKL",
    ),
    "a strange text encoder": (
        lambda folder: change(folder / "text_encoder" / "config.json", num_attention_heads=3),
        "text_encoder: transformers .* loads no CLIPTextModel",
    ),
    "no tokenizer": (
        lambda folder: shutil.rmtree(folder / "tokenizer"),
        "text_encoder: transformers .* loads no CLIPTextModel",
    ),
    "a pipe for the words": (
        lambda folder: os.mkfifo(folder / "tokenizer" / "vocab.json"),
        "is a FIFO; give a regular file",
    ),
    "no scheduler": (
        lambda folder: change(folder / "model_index.json", scheduler=None),
        "has the scheduler None, which is none of DDIMScheduler, LCMScheduler",
    ),
    "a strange schedule": (
        lambda folder: change(folder / "scheduler" / "scheduler_config.json", beta_schedule="wings"),
        "scheduler: diffusers .* loads no DDIMScheduler",
    ),
    "a number for a word": (
        lambda folder: change(folder / "model_index.json", prediction_type=3),
        "its setting prediction_type=3 must be a text",
    ),
    "a size below nothing": (
        lambda folder: change(folder / "model_index.json", default_processing_resolution=-5),
        "images cannot be prepared at -5x-5",
    ),
    "normals": (
        lambda folder: change(folder / "model_index.json", _class_name="MarigoldNormalsPipeline"),
        r"diffusers \('MarigoldNormalsPipeline'\), and only a MarigoldDepthPipeline is read; make a depth model",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_one_line(damage: str, folder: Path) -> None:
    spoil, message = DAMAGE[damage]
    spoil(folder)
    with pytest.raises(InputError, match=message) as error:
        load_model(folder)
    assert "\n" not in str(error.value)
    if damage != "a size below nothing":
        assert_one_line(error, folder)


def test_another_scheduler_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has the scheduler PNDMScheduler, which is none of"):
        load_model(saved(tmp_path, marigold(diffusers.PNDMScheduler())))


def test_what_a_folder_says_itself_is_not_chosen(folder: Path) -> None:
    with pytest.raises(InputError, match="says that it predicts affine depth; omit head=depth"):
        load_model(folder, head="depth")
    with pytest.raises(InputError, match="says what its network is; omit architecture=monodepth2"):
        load_model(folder, architecture="monodepth2")


@pytest.mark.parametrize(("library", "extra"), [("diffusers", "diffusers"), ("transformers", "huggingface")])
def test_a_library_is_not_installed(library: str, extra: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"not installed; run pip install 'gradunc\[{extra}\]'"):
        load_model(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"class": "MarigoldNormalsPipeline"}, "holds a 'MarigoldNormalsPipeline' of diffusers, not a Marigold"),
        ({"text": [1, "two"]}, "makes no MarigoldDepthPipeline of its config"),
        ({"config": {}}, "makes no MarigoldDepthPipeline of its config"),
        ({"noise_seed": None}, "makes no MarigoldDepthPipeline of its config"),
    ],
)
def test_exports_that_describe_nothing(values: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = export_model(adapt_marigold(marigold()), tmp_path) / "config.json"
    change(file, adapted=json.loads(file.read_text())["adapted"] | values)
    with pytest.raises(InputError, match=message) as error:
        load_model(tmp_path)
    assert_one_line(error, tmp_path)


NAME = "hf:owner/tiny-hf"


@pytest.fixture
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "cache" / "models--owner--tiny-hf"


def test_the_cache_of_the_hub(folder: Path, no_network: Path) -> None:
    (no_network / "refs").mkdir(parents=True)
    (no_network / "refs" / "main").write_text("ab" * 20)
    place = Path(shutil.copytree(folder, no_network / "snapshots" / ("ab" * 20)))
    image = random_images(1, 40, 56)
    with torch.no_grad():
        assert torch.equal(load_model(NAME)(image).depth, load_model(folder)(image).depth)
    (place / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(InputError, match="not in the local cache, or not whole, and HF_HUB_OFFLINE forbids"):
        load_model(NAME)


@pytest.mark.usefixtures("no_network")
def test_only_what_is_needed_is_fetched(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin", "pipeline.py"):
        (folder / name).write_bytes(b"not needed")
    hub = PlayedHub(folder, tmp_path / "fetched")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub)
    loaded = load_model(NAME)
    fetched = {str(one.relative_to(hub.target)) for one in hub.target.rglob("*") if one.is_file()}
    assert fetched == {
        *("README.md", "model_index.json", "scheduler/scheduler_config.json"),
        *(f"{part}/config.json" for part in ("unet", "vae", "text_encoder")),
        *(f"{part}/diffusion_pytorch_model.safetensors" for part in ("unet", "vae")),
        *("text_encoder/model.safetensors", "tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json"),
    }
    asked = len(hub.asked)
    assert isinstance(loaded, AdaptedModel)
    load_model(NAME)
    assert all(local for *_, local in hub.asked[asked:]), "the cache is whole"

"""Pipelines of a hub whose weights are there in half precision only: fetched, never beside those in full precision."""

import fnmatch
import re
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gradunc.models import AdaptedModel, load_model
from tests.helpers import Call, random_images
from tests.models.adapters.marigold_networks import marigold, saved, with_text
from tests.sharing.played_hub import PlayedHub, Repository

NAME = "owner/marigold"
PARTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}


def lay(hub: PlayedHub, *folders: Path, without: tuple[str, ...] = ()) -> None:
    """A repository with the files of folders."""
    files = hub.repositories.setdefault(NAME, Repository(private=False)).branches["main"]
    for folder in folders:
        for file in (one for one in folder.rglob("*") if one.is_file()):
            name = file.relative_to(folder).as_posix()
            if not any(fnmatch.fnmatch(name, pattern) for pattern in without):
                files[name] = file.read_bytes()


def fetched(hub: PlayedHub) -> set[str]:
    """Weight files that the hub was asked for."""
    found = (re.search(r"/resolve/[^/]+/(.+)", one) for one in hub.asked)
    return {one[1] for one in found if one and one[1].endswith((".safetensors", ".bin"))}


@pytest.fixture
def half(tmp_path: Path) -> Path:
    return saved(tmp_path / "half", marigold().to(torch.float16), variant="fp16")


def depth(source: str | Path) -> Tensor:
    model = load_model(source)
    assert isinstance(model, AdaptedModel)
    assert {one.dtype for one in model.state_dict().values()} == {torch.float32}
    with torch.no_grad():
        return model(random_images(1, 40, 56)).depth


def test_half_precision_alone(hub: PlayedHub, half: Path) -> None:
    lay(hub, half)
    with pytest.warns(UserWarning, match="half precision") as said:
        found = depth(f"hf:{NAME}")
    told = [str(one.message) for one in said if "half precision" in str(one.message)]
    assert len(told) == 1
    assert "the weights of unet, vae, text_encoder are of half precision, as no others are there" in told[0]
    assert fetched(hub) == {f"{part}/{name}.fp16.safetensors" for part, name in PARTS.items()}
    with pytest.warns(UserWarning, match="half precision"):
        assert torch.equal(found, depth(half))
    asked = len(hub.asked)
    with pytest.warns(UserWarning, match="half precision"):
        assert torch.equal(found, depth(f"hf:{NAME}"))
    assert len(hub.asked) == asked, "the cache is whole"


def test_of_every_part_one_precision(hub: PlayedHub, half: Path, tmp_path: Path) -> None:
    lay(hub, half, saved(tmp_path / "full"), without=("unet/diffusion_pytorch_model.safetensors",))
    with pytest.warns(UserWarning, match="the weights of unet are of half precision"):
        depth(f"hf:{NAME}")
    assert fetched(hub) == {
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
    }


def test_full_precision_is_preferred(hub: PlayedHub, half: Path, tmp_path: Path) -> None:
    full = saved(tmp_path / "full")
    lay(hub, half, full)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*half precision")
        assert torch.equal(depth(f"hf:{NAME}"), depth(full))
    assert fetched(hub) == {f"{part}/{name}.safetensors" for part, name in PARTS.items()}


def test_in_several_files(hub: PlayedHub, half: Path, tmp_path: Path) -> None:
    several = tmp_path / "several"
    pipeline = with_text(marigold().to(torch.float16))
    pipeline.unet.save_pretrained(several / "unet", variant="fp16", max_shard_size="20KB")
    pipeline.text_encoder.save_pretrained(several / "text_encoder", variant="fp16", max_shard_size="1KB")
    assert len([*several.rglob("*-of-*.safetensors")]) > 3
    lay(hub, half, several, without=("unet/*model.fp16.safetensors", "text_encoder/model.fp16.safetensors"))
    hub.files(NAME)["text_encoder/config.json"] = (half / "text_encoder" / "config.json").read_bytes()
    with pytest.warns(UserWarning, match="half precision"):
        assert torch.equal(depth(f"hf:{NAME}"), depth(half))


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            "unet/*.safetensors",
            "no unet/diffusion_pytorch_model.safetensors, and none of half precision (.fp16, .bf16)",
        ),
        ("vae/config.json", "no vae/config.json, so it is no whole pipeline; give another repository"),
    ],
)
def test_what_cannot_be_read_is_one_line(infer: Call, hub: PlayedHub, half: Path, missing: str, said: str) -> None:
    lay(hub, half, without=(missing,))
    hub.files(NAME)["unet/diffusion_pytorch_model.bin"] = b"weights"
    outcome = infer("layers", f"checkpoint=hf:{NAME}")
    last = outcome.err.splitlines()[-1]  # the client's own bars stand before it
    assert outcome.code == 2, outcome.err
    assert last.startswith(f"error: hf:{NAME} has ")
    assert said in last
    assert "unet/diffusion_pytorch_model.bin" not in fetched(hub)

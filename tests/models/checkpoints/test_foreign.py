"""Files of other programs are named for what they look like, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from gradunc.errors import InputError
from gradunc.models import load_model
from tests.models.checkpoints.helpers import assert_one_line, fake_rt


def folder_of(file: str, content: object) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        (root / file).write_text(content if isinstance(content, str) else json.dumps(content))
        return root

    return write


def file_of(name: str, content: object = None) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        path = root / name
        path.write_bytes(b"anything") if content is None else torch.save(content, path)
        return path

    return write


def weights(*names: str) -> dict[str, torch.Tensor]:
    return {name: torch.zeros(1) for name in names}


def beside_its_config(root: Path) -> Path:
    (root / "config.json").write_text("{}")
    return file_of("model.safetensors")(root)


def safetensors(root: Path) -> Path:
    save_file(weights("stem.a"), root / "a.safetensors")
    return root / "a.safetensors"


def torchscript(root: Path) -> Path:
    torch.jit.trace(nn.Linear(1, 1), torch.zeros(1)).save(str(root / "a.pt"))  # pyright: ignore[reportAttributeAccessIssue]
    return root / "a.pt"


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "another network of transformers": (
        folder_of("config.json", {"architectures": ["BertModel"], "model_type": "bert"}),
        "transformers with a BertModel, which is none of DepthAnything.*gradunc.adapt",
    ),
    "a type alone": (folder_of("config.json", {"model_type": "bert"}), "a network of the type 'bert'"),
    "a timm backbone": (
        folder_of("config.json", {"architecture": "resnet18", "num_features": 512}),
        "timm backbone 'resnet18', which predicts no depth; train with model.encoder=resnet18 model.pretrained=",
    ),
    "a config of somebody": (folder_of("config.json", {"epochs": 3, "lr": 1}), r"another program \(keys epochs, lr\)"),
    "a diffusion pipeline": (folder_of("model_index.json", {"_class_name": "MarigoldPipeline"}), "diffusers"),
    "TensorFlow": (folder_of("saved_model.pb", ""), "SavedModel of TensorFlow"),
    "a folder of one checkpoint": (lambda root: file_of("best.pt", {})(root).parent, r"give checkpoint=\S+best\.pt"),
    "ONNX": (file_of("a.onnx"), "ONNX file, which runs without gradunc"),
    "torch.export": (file_of("a.pt2"), "program of torch.export"),
    "Keras": (file_of("a.h5"), "file of Keras"),
    "TorchScript": (torchscript, "program of TorchScript"),
    "safetensors alone": (safetensors, r"without a description of their network; put its config\.json"),
    "safetensors in their folder": (beside_its_config, "give its folder: "),
    "one published file": (
        lambda root: fake_rt(root) / "depth.pth",
        "one file of a published network; give the folder",
    ),
    "Depth Anything": (
        file_of("a.pth", weights("pretrained.blocks.0.norm1.weight", "depth_head.projects.0.weight")),
        "those of Depth Anything's own program; give the folder of the same network that transformers'",
    ),
    "MiDaS": (
        file_of("a.pt", weights("pretrained.model.cls_token", "scratch.refinenet1.out_conv.weight")),
        "those of MiDaS' own program",
    ),
    "ZoeDepth": (
        file_of("a.pt", {"model": weights("core.core.pretrained.a", "conditional_log_binomial.mlp.0.weight")}),
        "those of ZoeDepth's own program",
    ),
    "AdaBins": (file_of("a.pt", {"model": weights("module.adaptive_bins_layer.a")}), "AdaBins; make a depth model"),
    "UniDepth": (file_of("a.bin", weights("pixel_encoder.a", "pixel_decoder.b")), "UniDepth; make a depth model"),
    "a classifier": (
        file_of("a.pth", weights("conv1.weight", "layer1.0.conv1.weight", "layer4.0.conv1.weight", "fc.weight")),
        "a ResNet that classifies images; it predicts no depth; train with model.pretrained=FILE",
    ),
    "Lightning": (
        file_of("a.ckpt", {"pytorch-lightning_version": "2.0", "state_dict": weights("net.a")}),
        "a Lightning checkpoint of another program",
    ),
    "anything else": (file_of("a.pth", weights("stem.a")), r"give the folder that holds them \(first name 'stem\.a'\)"),
    "no weights": (file_of("a.pth", {}), "no checkpoint of gradunc; for published weights give the folder"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_named(name: str, tmp_path: Path) -> None:
    write, message = CASES[name]
    path = write(tmp_path)
    with pytest.raises(InputError, match=message) as error:
        load_model(path)
    assert_one_line(error, path)
    assert "schema version" not in str(error.value)

"""Numbers of transformers at sizes that windows do not divide, and of timm where they do."""

from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F

from gradunc import InputError
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.swin_encoder import SwinEncoder
from gradunc.models.parts.swin_names import encoder_name
from tests.helpers import random_images
from tests.models import swin_files as files


@pytest.fixture(scope="module")
def pair() -> tuple[SwinEncoder, Any]:
    """Ours and that of transformers, of the same weights."""
    theirs = files.backbone()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, files.NAME, files.tiny_swin)
        ours = SwinEncoder(files.NAME, Pretrained()).double().eval()
    named = {encoder_name(f"a.{key}", "a."): value for key, value in files.original(theirs).items()}
    ours.load_state_dict({key.removeprefix("encoder."): named[key] for key in named if key and "_index" not in key})
    return ours, theirs


@pytest.mark.parametrize("size", [(288, 256), (64, 96), (224, 224)], ids=str)
def test_maps_are_those_of_transformers(pair: tuple[SwinEncoder, Any], size: tuple[int, int]) -> None:
    """At 64x96 every stage but the first is smaller than three windows, the last one smaller than one."""
    image = random_images(1, *size).double()
    with torch.no_grad():
        found, expected = pair[0](image), pair[1](image).feature_maps
    assert [one.shape[1] for one in found if one is not None] == list(files.WIDTHS)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-8)


def test_maps_are_those_of_timm_where_windows_divide_them(pair: tuple[SwinEncoder, Any]) -> None:
    encoder = pair[0]
    image = random_images(1, 224, 224).double()
    with torch.no_grad():
        expected = encoder.backbone.forward_intermediates(image, intermediates_only=True)
        for found, plain, norm in zip(encoder(image), expected, encoder.norms, strict=True):
            assert found is not None
            normal = F.layer_norm(plain.permute(0, 2, 3, 1), plain.shape[1:2], norm.weight, norm.bias)
            torch.testing.assert_close(found, normal.permute(0, 3, 1, 2), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ["swinv2_tiny_window8_256", "resnet18"])
def test_other_networks_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"is no Swin transformer of the first version; take swin_"):
        SwinEncoder(name, Pretrained())

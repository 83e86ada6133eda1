"""Eigen's two networks: widths, sizes and what each of them sees, by hand."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc import InputError
from gradunc.models import EncoderDecoder, build_model
from gradunc.models.families.eigen.settings import EigenSettings
from gradunc.models.start import start_model

SMALL: dict[str, Any] = {"coarse_channels": [4, 6, 8, 8, 5], "global_features": 7, "fine_channels": 3}


def network(**changes: Any) -> EncoderDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model(EigenSettings(**{"size": [64, 96], **SMALL, **changes})).eval()


def image(height: int = 64, width: int = 96) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_the_published_widths() -> None:
    # Kernels 11, 5, 3, 3, 3 of the coarse network; 9, 5, 5 of the fine one; 64x96 pixels leave 2x3 cells of 256.
    coarse = [3 * 96 * 121 + 96, 96 * 256 * 25 + 256, 256 * 384 * 9 + 384, 384 * 384 * 9 + 384, 384 * 256 * 9 + 256]
    connected = [2 * 3 * 256 * 4096 + 4096, 4096 * (16 * 24) + 16 * 24]
    fine = [3 * 63 * 81 + 63, 64 * 64 * 25 + 64, 64 * 25 + 1]
    made = build_model(EigenSettings(size=[64, 96]))
    assert sum(one.numel() for one in made.parameters()) == sum(coarse + connected + fine)


def test_a_second_implementation() -> None:
    model, given = network(), image()
    weights = model.state_dict()

    def at(name: str) -> tuple[Tensor, Tensor]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    x = (given - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
        1, 3, 1, 1
    )
    whole = F.max_pool2d(F.conv2d(x, *at("encoder.coarse.0.0"), stride=4, padding=5).relu(), 2)
    whole = F.max_pool2d(F.conv2d(whole, *at("encoder.coarse.1.0"), padding=2).relu(), 2)
    for name in ("encoder.coarse.2.0", "encoder.coarse.3.0", "encoder.coarse.4.0"):
        whole = F.conv2d(whole, *at(name), padding=1).relu()
    whole = F.max_pool2d(whole, 2).reshape(1, -1)
    coarse = F.linear(F.linear(whole, *at("decoder.squeeze")).relu(), *at("decoder.spread")).reshape(1, 1, 16, 24)
    fine = F.max_pool2d(F.conv2d(x, *at("encoder.fine.0"), stride=2, padding=4).relu(), 2)
    both = F.conv2d(torch.cat([fine, coarse], 1), *at("decoder.refine"), padding=2).relu()
    logit = F.conv2d(both, *at("decoder.heads.0"), padding=2)
    disparity = F.interpolate(logit.sigmoid(), (64, 96), mode="bilinear", align_corners=False)
    with torch.no_grad():
        torch.testing.assert_close(model(given).scales[0], disparity, rtol=1e-4, atol=1e-6)


def reach(model: EncoderDecoder) -> tuple[int, int, int, int]:
    """First and last row and column of the image on which the middle pixel of the depth depends."""
    given = image().requires_grad_()
    model(given).depth[0, 0, 32, 48].backward()
    assert given.grad is not None
    rows, columns = given.grad[0].abs().sum(0).nonzero().T
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def test_the_coarse_network_sees_all_and_the_fine_one_its_surroundings() -> None:
    model = network()
    first, last, left, right = reach(model)
    assert (first, left) <= (1, 1)
    assert last - first > 56
    assert right - left > 80
    torch.nn.init.zeros_(model.decoder.spread.weight)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
    # A cell of 1/4 sees 2x2 cells of 1/2 with 9x9 pixels each: 11. Two 5x5 convolutions add 8 cells, the resizing 1.
    first, last, left, right = reach(model)
    assert last - first + 1 <= 11 + 9 * 4
    assert right - left + 1 <= 11 + 9 * 4


def test_images_of_another_size() -> None:
    model = network()
    with torch.no_grad():
        assert model(image(50, 130)).depth.shape == (1, 1, 50, 130)


def test_weights_belong_to_one_size(tmp_path: Any) -> None:
    from gradunc.models import export_model

    folder = export_model(network(), tmp_path / "net")
    again = start_model(EigenSettings(**SMALL, size=[64, 96], weights=str(folder)))
    assert torch.equal(again.state_dict()["decoder.squeeze.weight"], network().state_dict()["decoder.squeeze.weight"])
    with pytest.raises(InputError, match=r"model\.size"):
        start_model(EigenSettings(**SMALL, size=[96, 96], weights=str(folder)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"coarse_channels": [8, 8]}, r"model.coarse_channels=\[8,8\] must be 5 whole numbers"),
        ({"global_features": 0}, "model.global_features=0"),
        ({"fine_channels": 1}, "model.fine_channels=1 must be at least 2"),
    ],
)
def test_wrong_widths(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        network(**wrong)

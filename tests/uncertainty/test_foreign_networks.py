"""The README's lines, as written, on networks that nobody has looked at: default settings on any module."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx2torch
import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torchvision.models import resnet18
from torchvision.models.segmentation import lraspp_mobilenet_v3_large

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt, list_layers
from gradunc.models import Monodepth2Settings, build_model
from gradunc.uncertainty import TRIVIAL, AugmentationSpread, Ensemble, FeatureDensity, FlipDifference, NoisyFeatures
from gradunc.uncertainty.gradient.cautions import caution
from tests.uncertainty.networks import noise

SIZE = (64, 96)


class PlainConvolutions(nn.Sequential):
    """(B,3,H,W) -> depth (B,1,H,W)."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1),
            nn.Upsample(scale_factor=4), nn.Conv2d(8, 1, 3, 1, 1), nn.Softplus(),
        )  # fmt: skip


class ResNetUNet(nn.Module):
    """A torchvision encoder and a decoder with skips; depth (B,H,W)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = resnet18(weights=None)
        self.up = nn.ModuleList(nn.Conv2d(a + b, b, 3, padding=1) for a, b in [(512, 256), (256, 128), (128, 64)])
        self.out = nn.Conv2d(64, 1, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        e = self.encoder
        features = [e.layer1(e.maxpool(e.relu(e.bn1(e.conv1(image)))))]
        for stage in (e.layer2, e.layer3, e.layer4):
            features.append(stage(features[-1]))
        x = features.pop()
        for block, skip in zip(self.up, reversed(features), strict=True):
            x = F.relu(block(torch.cat([F.interpolate(x, skip.shape[-2:]), skip], 1)))
        return F.softplus(F.interpolate(self.out(x), image.shape[-2:], mode="bilinear"))[:, 0]


class SmallViT(nn.Module):
    """Tokens of 8x8 pixels, two transformer blocks and a plain convolutional decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 8, 8)
        self.places = nn.Parameter(0.1 * torch.randn(1, 96, 32))
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True) for _ in range(2))
        self.decoder = nn.Sequential(nn.Conv2d(32, 16, 3, 1, 1), nn.ReLU(), nn.Upsample(scale_factor=8))
        self.head = nn.Conv2d(16, 1, 3, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = self.patches(image)
        grid = x.shape[-2:]
        x = x.flatten(2).transpose(1, 2) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.decoder(x.transpose(1, 2).unflatten(2, grid))).exp()


class Segmentation(nn.Module):
    """A torchvision network of one class, whose map is exponentiated."""

    def __init__(self) -> None:
        super().__init__()
        self.net = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=1)

    def forward(self, image: Tensor) -> Tensor:
        return self.net(image)["out"].exp()


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolutions": PlainConvolutions,
    "ResNet-UNet": ResNetUNet,
    "ViT": SmallViT,
    "segmentation": Segmentation,
}


def made(build: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return build().eval()


def assert_scores(estimate: Any, network: nn.Module, image: Tensor) -> None:
    with torch.no_grad():
        depth = network(image)
    torch.testing.assert_close(estimate.depth, depth if depth.ndim == 4 else depth[:, None])
    assert estimate.valid.all()
    assert all(float(one.std()) > 0 for one in estimate.uncertainty)


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("make", [GradientUncertainty, GradientUncertainty.recommended], ids=["published", "ours"])
def test_default_settings_on_any_network(build: Callable[[], nn.Module], make: Any) -> None:
    network, image = made(build), noise(2, *SIZE)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        estimator = make(network)
        estimate = estimator.estimate(image)
        estimator.estimate(image)

    assert_scores(estimate, network, image)
    lines = [str(one.message) for one in said]
    if make is GradientUncertainty:
        assert lines == [
            f"{type(network).__name__} has no layer 'decoder.blocks.6.conv', where the published settings read the "
            f"gradient; it is read at '{estimator.layers[0]}', as layers='auto' chooses"
        ]
    else:
        assert lines == []


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_the_layer_is_the_automatic_one(build: Callable[[], nn.Module]) -> None:
    network, image = made(build), noise(1, *SIZE)
    by_default, asked = GradientUncertainty(network), GradientUncertainty(network, layers="auto")
    with pytest.warns(UserWarning, match="as layers='auto' chooses"):
        by_default.estimate(image)
    asked.estimate(image)

    assert by_default.layers == asked.layers
    assert by_default.layers[0] in [row.name for row in list_layers(network, image)]
    said = () if (known := caution(network)) is None else (known,)
    assert (by_default.notes, asked.notes) == (said, (f"layers=auto chose {asked.layers[0]}", *said))


def test_the_warning_points_at_the_line_of_the_user() -> None:
    with pytest.warns(UserWarning, match="PlainConvolutions has no layer") as said:
        GradientUncertainty(made(PlainConvolutions)).estimate(noise(1, *SIZE))

    assert said[0].filename == __file__


def test_our_networks_keep_the_published_layer() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = GradientUncertainty(build_model(Monodepth2Settings(encoder="lcnet_050", size=[64, 96])))

    assert estimator.layers == ("decoder.blocks.6.conv",)


def test_layers_that_are_typed_stay_errors() -> None:
    with pytest.raises(InputError, match=r"no layer 'decoder.blocks.6.conv'; nearest: .*layers='auto' chooses one"):
        GradientUncertainty(ResNetUNet(), layers="decoder.blocks.6.conv")


@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses")
def test_compiled() -> None:
    torch._dynamo.reset()
    network, image = made(PlainConvolutions), noise(2, *SIZE)
    estimate = GradientUncertainty(torch.compile(network, backend="eager")).estimate(image)  # pyright: ignore[reportArgumentType]

    assert_scores(estimate, network, image)


@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses")
def test_data_parallel(tmp_path: Path) -> None:
    network, image = made(PlainConvolutions), noise(2, *SIZE)
    dist.init_process_group("gloo", store=dist.FileStore(str(tmp_path / "store"), 1), rank=0, world_size=1)
    try:
        estimate = GradientUncertainty(DistributedDataParallel(network)).estimate(image)
    finally:
        dist.destroy_process_group()

    assert_scores(estimate, network, image)


@pytest.mark.parametrize("inside", [False, True], ids=["itself", "adapted"])
@pytest.mark.parametrize("how", ["script", "trace"])
def test_scripted_networks_are_refused_in_one_line(how: str, inside: bool) -> None:
    network: Any = made(PlainConvolutions)
    scripted = torch.jit.script(network) if how == "script" else torch.jit.trace(network, noise(1, *SIZE))
    if inside:
        scripted = adapt(scripted, torch.exp, OutputSpace(), mean=(0.0,) * 3, std=(1.0,) * 3)

    for make in (GradientUncertainty, list_layers, NoisyFeatures, FeatureDensity):
        with pytest.raises(InputError, match=r"flip_difference, augmentation_spread, .* give the Python module"):
            make(scripted)
    # What looks at the answer only needs no hooks.
    assert TRIVIAL["depth"](scripted).estimate(noise(1, *SIZE)).depth.shape == (1, 1, *SIZE)
    plain = adapt(network, torch.exp, OutputSpace(), mean=(0.0,) * 3, std=(1.0,) * 3) if inside else network
    for judge in (FlipDifference, AugmentationSpread, lambda one: Ensemble([one, one])):
        found, expected = (judge(one).estimate(noise(1, *SIZE)) for one in (scripted, plain))
        torch.testing.assert_close(found.uncertainty, expected.uncertainty)
        assert found.valid.any()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("runs/demo", r"the model is a path; load it first: gradunc.load_model\('runs/demo'\)"),
        (ResNetUNet, "must be an object of torch.nn.Module, not the class ResNetUNet"),
        (torch.exp, "must be an object of torch.nn.Module, not a builtin_function_or_method"),
    ],
)
@pytest.mark.parametrize(
    "make", [GradientUncertainty, list_layers, TRIVIAL["row"]], ids=["gradient", "list", "trivial"]
)
def test_what_is_no_network(make: Callable[[Any], Any], model: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(model)


class NoLayers(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image.mean(1)


class DenseOnly(nn.Module):
    """Of the whole image at once: no output of a layer is a map."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3 * 8 * 8, 64)

    def forward(self, image: Tensor) -> Tensor:
        return self.line(image.flatten(1)).view(-1, 8, 8)


@pytest.mark.parametrize("make", [GradientUncertainty, GradientUncertainty.recommended], ids=["published", "ours"])
@pytest.mark.parametrize("build", [NoLayers, DenseOnly])
def test_networks_without_any_map_are_refused_in_one_line(build: Callable[[], nn.Module], make: Any) -> None:
    with pytest.raises(InputError, match=f"{build.__name__} has no layer that gives a map and influences the depth"):
        make(build()).estimate(noise(1, 8, 8))


class Dict(PlainConvolutions):
    def forward(self, image: Tensor) -> Any:
        return {"out": super().forward(image)}


def test_a_network_that_returns_a_dict_is_told_of_adapt() -> None:
    with pytest.raises(
        InputError, match=r"a dict with the keys out; gradunc.adapt\(model, lambda answer: answer\['out'\]"
    ):
        GradientUncertainty(Dict()).estimate(noise(1, *SIZE))


def test_a_network_without_coarse_layers_is_read_at_the_automatic_one() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 1, 3, padding=1), nn.Softplus())
    with pytest.warns(UserWarning, match="no layer from its bottleneck to a quarter .*; the gradient is read at '"):
        found = GradientUncertainty.recommended(network).estimate(noise(1, 16, 16))

    assert len(found.layers) == 1


def stored_program(tmp_path: Path) -> nn.Module:
    """A network that exists only as a `.pt2` file."""
    torch.export.save(torch.export.export(made(ResNetUNet), (noise(1, *SIZE),)), tmp_path / "network.pt2")
    return torch.export.unflatten(torch.export.load(tmp_path / "network.pt2"))


def stored_graph(tmp_path: Path) -> nn.Module:
    """A network that exists only as an `.onnx` file."""
    where = str(tmp_path / "network.onnx")
    torch.onnx.export(made(PlainConvolutions), (noise(1, *SIZE),), where, dynamo=False, opset_version=13)
    return onnx2torch.convert(where).eval()


@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses", "ignore::DeprecationWarning")
@pytest.mark.parametrize(("stored", "original"), [(stored_program, ResNetUNet), (stored_graph, PlainConvolutions)])
def test_a_network_that_is_only_a_file_has_the_gradients_of_its_code(
    stored: Callable[[Path], nn.Module], original: type[nn.Module], tmp_path: Path
) -> None:
    image, network = noise(1, *SIZE), made(original)
    found = GradientUncertainty(stored(tmp_path))
    expected = GradientUncertainty(network, layers="up.2" if original is ResNetUNet else "4")
    torch.testing.assert_close(found.estimate(image).depth, expected.estimate(image).depth, rtol=1e-4, atol=1e-5)
    by_layer = [next(iter(one.estimate(image).layers.values())) for one in (found, expected)]
    assert by_layer[0].shape == by_layer[1].shape
    torch.testing.assert_close(by_layer[0], by_layer[1], rtol=1e-3, atol=1e-6)

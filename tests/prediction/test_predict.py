"""`gradunc.predict`: what it takes, what it returns, and that it computes what `infer.py predict` computes."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import gradunc
from gradunc import DepthPrediction, GradientUncertainty, InputError, OutputSpace, adapt
from gradunc.commands.infer import main
from gradunc.models import Monodepth2Settings, build_model, export_model
from gradunc.prediction import Prediction
from gradunc.types import Scale
from gradunc.uncertainty import TRIVIAL
from tests.data.videos import write_video
from tests.uncertainty.networks import Pyramid

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
"""An image whose sides are no multiples of anything."""


class Plain(nn.Module):
    """A network of somebody else: depth (B,H,W) as a tensor."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 1, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.body(image).relu()).exp()[:, 0]


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return build_model(Monodepth2Settings(encoder="lcnet_050", size=[32, 64])).eval()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(path)
    return path


def as_tensor() -> Tensor:
    return torch.from_numpy(PIXELS).movedim(-1, 0)


KINDS = {
    "text": str,
    "path": Path,
    "PIL": Image.open,
    "PIL in memory": lambda _: Image.fromarray(PIXELS),
    "array": lambda _: PIXELS,
    "array float": lambda _: PIXELS.astype(np.float32) / 255,
    "array float64": lambda _: PIXELS / 255,
    "array, reversed bytes": lambda _: (PIXELS / 255).astype(">f4"),
    "array, a view": lambda _: PIXELS[::-1][::-1],
    "tensor uint8": lambda _: as_tensor(),
    "tensor float": lambda _: as_tensor() / 255,
    "tensor with a graph": lambda _: (as_tensor() / 255).requires_grad_(),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_source_gives_the_same(kind: Any, photo: Path, network: nn.Module) -> None:
    expected = gradunc.predict(photo, network)
    found = gradunc.predict(kind(photo), network)

    np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-5)
    np.testing.assert_allclose(found.uncertainty, expected.uncertainty, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(found.image, PIXELS)
    for values, dtype in ((found.depth, np.float32), (found.uncertainty, np.float32), (found.valid, np.bool_)):
        assert values is not None
        assert (values.shape, values.dtype) == ((20, 31), dtype)
    assert found.valid.all()


def test_it_is_what_the_command_computes_and_saves(photo: Path, network: nn.Module, tmp_path: Path) -> None:
    export_model(network, tmp_path / "export")
    arguments = [f"checkpoint={tmp_path / 'export'}", f"source={photo}", f"output={tmp_path / 'command'}", "device=cpu"]
    assert main(["predict", *arguments]) == 0
    result = gradunc.predict(photo, tmp_path / "export", device="cpu")
    files = result.save(tmp_path / "call")

    assert sorted(file.name for file in files) == [
        "photo.png.depth.npy",
        "photo.png.panel.png",
        "photo.png.uncertainty.npy",
    ]
    for file in files:
        other = tmp_path / "command" / file.name
        if file.suffix == ".npy":
            np.testing.assert_array_equal(np.load(file), np.load(other))
        else:
            np.testing.assert_array_equal(np.asarray(Image.open(file)), np.asarray(Image.open(other)))
    of_call, of_command = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("call", "command"))
    assert of_call.keys() == of_command.keys()
    for key in ("output_space", "unit", "polarity", "images", "failed", "not_finite"):
        assert of_call[key] == of_command[key]
    np.testing.assert_array_equal(np.load(files[0]), result.depth)


def test_a_batch_gives_arrays_with_a_first_axis(network: nn.Module, tmp_path: Path) -> None:
    images = torch.stack([as_tensor(), as_tensor().flip(-1)])
    result = gradunc.predict(images, network)

    assert result.depth.shape == result.valid.shape == (2, 20, 31)
    assert result.image.shape == (2, 20, 31, 3)
    assert len(result) == 2
    for one, image in zip(result, images, strict=True):
        np.testing.assert_array_equal(one.depth, gradunc.predict(image, network).depth)
    names = {file.name for file in result.save(tmp_path)}
    assert {"image-0.depth.npy", "image-1.panel.png"} <= names
    assert gradunc.predict(images[:1], network).depth.shape == (1, 20, 31)


def test_one_image_has_no_length(network: nn.Module) -> None:
    result = gradunc.predict(PIXELS, network)

    assert result
    with pytest.raises(TypeError, match=r"its maps have: prediction.depth"):
        len(result)
    with pytest.raises(TypeError, match=r"its maps are prediction.depth"):
        result[0]


def test_gray_images_have_three_equal_channels(network: nn.Module) -> None:
    gray = PIXELS[..., 0]
    three = np.repeat(gray[..., None], 3, axis=2)

    np.testing.assert_array_equal(gradunc.predict(gray, network).depth, gradunc.predict(three, network).depth)
    np.testing.assert_array_equal(gradunc.predict(Image.fromarray(gray), network).image, three)


def test_a_pil_image_is_turned_upright(tmp_path: Path, network: nn.Module) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)

    for source in (tmp_path / "a.png", Image.open(tmp_path / "a.png")):
        result = gradunc.predict(source, network)
        np.testing.assert_array_equal(result.image, np.rot90(PIXELS, -1))
        assert result.depth.shape == (31, 20)


def test_estimators(network: nn.Module) -> None:
    published = gradunc.predict(PIXELS, network, estimator=GradientUncertainty)
    same = gradunc.predict(PIXELS, network, estimator=GradientUncertainty(network))
    row = gradunc.predict(PIXELS, network, estimator=TRIVIAL["row"])
    alone = gradunc.predict(PIXELS, network, estimator=None)

    np.testing.assert_array_equal(published.uncertainty, same.uncertainty)
    assert row.uncertainty is not None
    assert row.uncertainty[0, 0] > row.uncertainty[-1, 0]
    assert (alone.uncertainty, alone.scale) == (None, None)
    assert alone.valid.all()
    np.testing.assert_array_equal(alone.depth, published.depth)


def test_depth_alone_is_saved_without_uncertainty(network: nn.Module, tmp_path: Path) -> None:
    files = gradunc.predict(PIXELS, network, estimator=None).save(tmp_path, "a b")

    assert [file.name for file in files] == ["a b.depth.npy", "a b.panel.png"]


@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses")
@pytest.mark.parametrize("estimator", [GradientUncertainty, GradientUncertainty.recommended, None])
def test_a_network_of_somebody_else(estimator: Any) -> None:
    plain = Plain()
    result = gradunc.predict(PIXELS, plain, estimator=estimator)

    with torch.no_grad():
        expected = plain(as_tensor()[None] / 255)[0]
    np.testing.assert_allclose(result.depth, expected.numpy(), rtol=1e-5)
    assert result.space == OutputSpace("depth", "scale")
    assert plain.training


def test_depth_of_another_size_is_resized_through_disparity() -> None:
    """Depth 1 and 3 side by side: between the two is the inverse of the mean disparity, 1.5."""

    class Two(nn.Module):
        size = (1, 2)

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            return DepthPrediction(torch.tensor([1.0, 3.0]).expand(len(image), 1, 1, 2) + 0 * self.layer(image))

    result = gradunc.predict(torch.zeros(3, 1, 3), Two(), estimator=None)
    np.testing.assert_allclose(result.depth, [[1, 1.5, 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("size", "seen"), [(None, (32, 64)), ((64, 96), (64, 96)), ([64, 96], (64, 96)), ("native", (20, 31))]
)
def test_the_size_at_which_the_network_sees_the_image(size: Any, seen: Any, network: nn.Module) -> None:
    shapes: list[tuple[int, ...]] = []
    handle = network.register_forward_pre_hook(lambda _, given: shapes.append(tuple(given[0].shape[-2:])))
    try:
        result = gradunc.predict(PIXELS, network, size=size, estimator=None)
    finally:
        handle.remove()

    assert shapes == [seen]
    assert result.depth.shape == (20, 31)


def test_unit_space_scale_and_repr(network: nn.Module) -> None:
    result = gradunc.predict(PIXELS, network)

    assert isinstance(result, Prediction)
    assert (result.unit, result.scale) == (result.space.unit, Scale("score"))
    text = repr(result)
    assert text.startswith("Prediction(image: image, depth: 20x31 ")
    assert "high = worse, a score" in text
    assert len(text) < 300
    assert "\n" not in text
    batch = gradunc.predict(
        torch.rand(2, 3, 9, 14),
        adapt(
            Pyramid(),
            lambda raw: raw.depth.exp(),
            OutputSpace("disparity"),
            mean=(0.0,) * 3,
            std=(1.0,) * 3,
            multiple=4,
        ),
    )
    assert repr(batch).startswith("Prediction(disparity: 2x9x14 ")


@pytest.mark.parametrize("kind", ["folder", "pattern", "list", "film"])
def test_the_images_of_a_source_one_by_one(kind: str, tmp_path: Path, network: nn.Module) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, shade in (("a.png", 60), ("b.png", 200)):
        Image.fromarray(np.full((16, 24, 3), shade, np.uint8)).save(folder / name)
    (tmp_path / "list.txt").write_text("photos/a.png\nphotos/b.png\n")
    film = write_video(tmp_path / "walk.mp4", [np.full((16, 24, 3), shade, np.uint8) for shade in (60, 200)])
    source = {"folder": folder, "pattern": folder / "*.png", "list": tmp_path / "list.txt", "film": film}[kind]
    found = [gradunc.predict(image, network, estimator=None) for image in gradunc.open_images(source)]

    assert [one.depth.shape for one in found] == [(16, 24), (16, 24)]
    assert [round(float(one.image.mean()) / 20) for one in found] == [3, 10]
    if kind != "film":
        assert [one.source.names for one in found] == [["a.png"], ["b.png"]]


def test_images_of_one_name_in_two_folders_have_their_own_results(network: nn.Module, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.fromarray(PIXELS).save(tmp_path / "photos" / name / "x.png")
    for image in gradunc.open_images(tmp_path / "photos"):
        gradunc.predict(image, network, estimator=None).save(tmp_path / "maps")

    assert (tmp_path / "maps" / "a" / "x.png.depth.npy").is_file()
    assert (tmp_path / "maps" / "b" / "x.png.panel.png").is_file()
    assert json.loads((tmp_path / "maps" / "summary.json").read_text())["images"] == ["a/x.png", "b/x.png"]


class TestRefused:
    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("missing.png", "'missing.png' does not exist"),
            (Path("missing.png"), "'missing.png' does not exist"),
            (
                "https://a.org/b.png",
                r"'https://a.org/b.png' is an address; say predict\(..., url=True\) to download it",
            ),
            ("photos/*.png", "images of a glob, .*: for image in gradunc.open_images"),
            ("0", "'0' stands for the images of a camera"),
            (
                np.zeros((3, 8, 9)),
                r"an array must be \(H,W,3\).*is \(3, 8, 9\); channels come last .* array.transpose\(1, 2, 0\)",
            ),
            (np.zeros((8, 9, 4)), r"an array must be \(H,W,3\), or \(H,W\) for gray, but is \(8, 9, 4\)"),
            (np.zeros((0, 9, 3)), "an array must be"),
            (np.zeros((8, 9, 3), np.int32), "the array holds int64; give uint8, or float"),
            (np.zeros((8, 9, 3), np.uint16), "the array holds int64; give uint8, or float"),
            (np.full((8, 9, 3), 200.0), r"image must be in \[0,1\], but reaches from 200 to 200; divide 8-bit images"),
            (torch.zeros(8, 9, 3), r"a tensor must be .*is \(8, 9, 3\); channels come first .* tensor.movedim"),
            (torch.zeros(1, 1, 8, 9), r"a tensor must be \(3,H,W\) or \(B,3,H,W\), but is \(1, 1, 8, 9\)"),
            (torch.zeros(3, 8, 9, dtype=torch.int64), "the tensor holds int64"),
            (["a.png", "b.png"], "source is a list; predict takes one image a call: a path, a PIL image"),
            (None, "source is a NoneType; predict takes a path"),
            (b"abc", "source is a bytes; predict takes"),
        ],
    )
    def test_sources(self, source: Any, message: str, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match=message):
            gradunc.predict(source, Plain())

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"the images of a folder, .*for image in gradunc.open_images\("):
            gradunc.predict(tmp_path, Plain())

    def test_a_damaged_pil_image(self, photo: Path) -> None:
        content = photo.read_bytes()
        picture = Image.open(BytesIO(content[: len(content) // 2]))
        with pytest.raises(InputError, match="cannot read image"):
            gradunc.predict(picture, Plain())

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            ("missing", "checkpoint 'missing' does not exist"),
            (Plain, "must be an object of torch.nn.Module, not the class Plain"),
            (3, "must be an object of torch.nn.Module, not a int"),
        ],
    )
    def test_networks(self, model: Any, message: str) -> None:
        with pytest.raises(InputError, match=message):
            gradunc.predict(PIXELS, model)

    @pytest.mark.parametrize("size", ["32x64", (32,), (0, 64), (32.0, 64.0), 32, True])
    def test_sizes(self, size: Any) -> None:
        with pytest.raises(InputError, match=r"size=.* must be \(height, width\) in pixels, 'native', or None"):
            gradunc.predict(PIXELS, Plain(), size=size)

    def test_devices(self) -> None:
        with pytest.raises(InputError, match="device='toaster' is not available here"):
            gradunc.predict(PIXELS, Plain(), device="toaster")

    def test_estimators(self) -> None:
        with pytest.raises(InputError, match="estimator is a str; give GradientUncertainty"):
            gradunc.predict(PIXELS, Plain(), estimator="flip")  # pyright: ignore[reportArgumentType]
        with pytest.raises(InputError, match="the reference 'given' compares with true depth"):
            gradunc.predict(PIXELS, Plain(), estimator=lambda net: GradientUncertainty(net, "auto", "given"))

    def test_a_size_that_the_network_cannot_take(self) -> None:
        class Even(Plain):
            def forward(self, image: Tensor) -> Tensor:
                if image.shape[-1] % 2:
                    raise RuntimeError("odd sizes do not fit")
                return super().forward(image)

        with pytest.raises(
            InputError, match="the network cannot take 'image', an image of 20x31 px: odd sizes do not fit"
        ):
            gradunc.predict(PIXELS, Even())
        assert gradunc.predict(PIXELS, Even(), size=(20, 32), estimator=None).depth.shape == (20, 31)

    def test_a_broken_network(self) -> None:
        network = Plain()
        network.head.bias.data.fill_(torch.nan)  # pyright: ignore[reportOptionalMemberAccess]
        with pytest.raises(InputError, match="the predicted depth of 'image' is nowhere finite"):
            gradunc.predict(PIXELS, network, estimator=None)


class TestSaving:
    def test_the_summary_tells_of_all_images_of_a_folder(self, network: nn.Module, tmp_path: Path) -> None:
        for name in ("a", "b", "a"):
            gradunc.predict(PIXELS, network).save(tmp_path, name)

        assert json.loads((tmp_path / "summary.json").read_text())["images"] == ["a", "b"]

    def test_results_of_another_network_are_not_mixed_in(self, network: nn.Module, tmp_path: Path) -> None:
        gradunc.predict(PIXELS, network).save(tmp_path)
        with pytest.raises(InputError, match="holds results of another network or of other settings"):
            gradunc.predict(PIXELS, network, estimator=TRIVIAL["row"]).save(tmp_path, "other")

        assert not list(tmp_path.glob("other*"))

    @pytest.mark.parametrize("name", ["", "../a", "a/b", "con"])
    def test_names(self, network: nn.Module, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match=r"name='.*' (is|must)"):
            gradunc.predict(PIXELS, network).save(tmp_path, name)

    def test_a_folder_that_is_a_file(self, network: nn.Module, photo: Path) -> None:
        with pytest.raises(InputError, match="cannot write to"):
            gradunc.predict(PIXELS, network).save(photo)


class TestShowing:
    def test_in_a_viewer(self, network: nn.Module, monkeypatch: Any, capsys: Any) -> None:
        seen: list[Any] = []
        monkeypatch.setattr("PIL.ImageShow.show", lambda image, title: seen.append((image.size, title)) or True)
        result = gradunc.predict(PIXELS, network)
        result.show()

        assert seen == [(result.picture().size, "image")]
        assert capsys.readouterr().err == ""

    def test_without_a_viewer(self, network: nn.Module, monkeypatch: Any, capsys: Any) -> None:
        monkeypatch.setattr("PIL.ImageShow.show", lambda image, title: False)
        gradunc.predict(PIXELS, network).show()

        assert "result.save(folder) writes the picture" in capsys.readouterr().err

    def test_the_pictures_of_a_batch_stand_one_below_the_other(self, network: nn.Module) -> None:
        one, two = (
            gradunc.predict(PIXELS, network).picture(),
            gradunc.predict(torch.stack([as_tensor()] * 2), network).picture(),
        )

        assert two.size == (one.size[0], 2 * one.size[1])


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        file = BytesIO()
        Image.fromarray(PIXELS).save(file, format="PNG")
        found = {"/photos/a%20b.png?x=1": file.getvalue(), "/text": b"hello"}.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_downloaded_if_that_is_asked_for(address: str, network: nn.Module) -> None:
    url = f"{address}/photos/a%20b.png?x=1"
    result = gradunc.predict(url, network, url=True)

    np.testing.assert_array_equal(result.image, PIXELS)
    assert "image: a b.png" in repr(result)
    with pytest.raises(InputError, match="is an address"):
        gradunc.predict(url, network)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing.png", "answers 404 Not Found; check the address"),
        ("/text", "cannot read image 'http.*/text': not a JPEG"),
    ],
)
def test_an_address_without_an_image(address: str, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradunc.predict(address + path, Plain(), url=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [("ftp://a.org/a.png", "by http and https, not by ftp"), ("http://127.0.0.1:9/a.png", "cannot be read")],
)
def test_an_address_that_does_not_answer(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradunc.predict(url, Plain(), url=True)

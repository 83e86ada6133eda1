"""`infer.py predict`."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.models import export_model, load_model
from gradunc.uncertainty import GradientUncertainty
from tests.commands.predict_files import RUN_FILES, of
from tests.helpers import REPOSITORY, assert_one_error, files_in, picture, tiny_model, write_images

pytestmark = pytest.mark.slow


def save_every_kind(folder) -> dict[str, tuple[int, int]]:
    """Files of every promised kind; name -> upright (height, width)."""
    (folder / "deep" / "er").mkdir(parents=True)
    rgb = Image.fromarray(picture(37, 53))
    rgb.save(folder / "colour.jpg", quality=95)
    rgb.save(folder / "colour.png")
    rgb.save(folder / "deep" / "colour.webp")
    rgb.convert("L").save(folder / "deep" / "er" / "gray.png")
    rgb.convert("RGBA").save(folder / "alpha.png")
    Image.fromarray(picture(37, 53)[..., 0].astype(np.uint16) << 8).save(folder / "sixteen.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    rgb.save(folder / "UPRIGHT.JPG", exif=exif)
    Image.fromarray(picture(5, 3)).save(folder / "small.png")
    names = ("colour.jpg", "colour.png", "deep/colour.webp", "deep/er/gray.png", "alpha.png", "sixteen.png")
    return {**dict.fromkeys(names, (37, 53)), "UPRIGHT.JPG": (53, 37), "small.png": (5, 3)}


def test_every_kind_of_image(predict, tmp_path):
    sizes = save_every_kind(tmp_path / "in")
    outcome = predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "out") == set().union(RUN_FILES, *(of(name) for name in sizes))
    for name, size in sizes.items():
        for suffix in (".depth.npy", ".uncertainty.npy"):
            values = np.load(tmp_path / "out" / f"{name}{suffix}")
            assert (values.dtype, values.shape) == (np.float32, size), name
            assert np.isfinite(values).all()
        with Image.open(tmp_path / "out" / f"{name}.panel.png") as image:
            image.load()
            assert image.format == "PNG"


def test_the_same_picture_in_any_file_gives_the_same_depth(predict, tmp_path):
    save_every_kind(tmp_path / "in")
    predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "uncertainty=none")
    colour = np.load(tmp_path / "out" / "colour.png.depth.npy")
    assert np.array_equal(np.load(tmp_path / "out" / "alpha.png.depth.npy"), colour)
    assert not np.array_equal(np.load(tmp_path / "out" / "sixteen.png.depth.npy"), colour)


def test_exif_rotation_is_undone(predict, tmp_path):
    """A picture stored on its side, and the same picture stored upright, lossless."""
    (tmp_path / "in").mkdir()
    stored = Image.fromarray(picture(40, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "in" / "side.png", exif=exif)
    stored.transpose(Image.Transpose.ROTATE_270).save(tmp_path / "in" / "upright.png")
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}").code == 0
    for suffix in (".depth.npy", ".uncertainty.npy"):
        maps = [np.load(tmp_path / "out" / f"{name}.png{suffix}") for name in ("side", "upright")]
        assert maps[0].shape == (60, 40)
        assert np.array_equal(*maps)


def by_hand(export, path, size):
    """Resize the image, predict, resize disparity and uncertainty back: torch only."""
    model = load_model(export)
    image = torch.from_numpy(np.array(Image.open(path))).float().movedim(-1, 0)[None] / 255
    full = image.shape[-2:]
    given = image
    if size is not None:
        given = torch.nn.functional.interpolate(image, size, mode="bilinear", align_corners=False, antialias=True)
    estimate = GradientUncertainty.recommended(model).estimate(given.clamp(0, 1))
    bilinear = {"size": full, "mode": "bilinear", "align_corners": False}
    depth = 1 / torch.nn.functional.interpolate(1 / estimate.depth, **bilinear)
    uncertainty = torch.nn.functional.interpolate(estimate.uncertainty, **bilinear)
    return depth[0, 0].numpy(), uncertainty[0, 0].numpy()


@pytest.mark.parametrize(
    ("argument", "size"),
    [(None, (64, 96)), ("size=64x96", (64, 96)), ("size=96x128", (96, 128)), ("size=native", None)],
)
def test_values(predict, export, tmp_path, argument, size):
    (path,) = write_images(tmp_path / "in", [(75, 131)])
    out = tmp_path / "out"
    assert predict(f"source={path}", f"output={out}", *([argument] if argument else [])).code == 0
    depth, uncertainty = by_hand(export, path, size)
    np.testing.assert_allclose(np.load(out / "0.png.depth.npy"), depth, rtol=1e-4)
    np.testing.assert_allclose(np.load(out / "0.png.uncertainty.npy"), uncertainty, rtol=1e-3, atol=1e-9)
    assert depth.std() > 0
    used = json.loads((out / "summary.json").read_text())["settings"]["size"]
    assert used == ("native" if size is None else list(size))


def test_native_size_of_images_smaller_than_a_cell(predict, tmp_path):
    write_images(tmp_path / "in", [(20, 20), (1, 1), (7, 200)])
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "size=native").code == 0
    assert np.load(tmp_path / "out" / "2.png.depth.npy").shape == (7, 200)


def test_unknown_pixels_are_nan(predict, tmp_path, monkeypatch):
    write_images(tmp_path / "in", [(64, 96)])
    original = GradientUncertainty.estimate

    def blind_left_half(self, image, **inputs):
        estimate = original(self, image, **inputs)
        return estimate._replace(valid=estimate.valid & (torch.arange(96) >= 48))

    monkeypatch.setattr(GradientUncertainty, "estimate", blind_left_half)
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}").code == 0
    uncertainty = np.load(tmp_path / "out" / "0.png.uncertainty.npy")
    assert np.isnan(uncertainty[:, :48]).all()
    assert np.isfinite(uncertainty[:, 48:]).all()
    assert np.isfinite(np.load(tmp_path / "out" / "0.png.depth.npy")).all()


def test_depth_only(predict, tmp_path):
    write_images(tmp_path / "in")
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "uncertainty=none").code == 0
    assert files_in(tmp_path / "out") == {*RUN_FILES, *of("0.png", ".depth.npy", ".panel.png")}


def test_two_estimators(predict, export, tmp_path):
    write_images(tmp_path / "in", [(64, 96)])
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "uncertainty=flip_and_gray").code == 0
    names = of("0.png", ".depth.npy", ".panel.png", ".uncertainty-flip.npy", ".uncertainty-gray.npy")
    assert files_in(tmp_path / "out") == {*RUN_FILES, *names}
    flip, gray = (np.load(tmp_path / "out" / f"0.png.uncertainty-{name}.npy") for name in ("flip", "gray"))
    assert not np.array_equal(flip, gray)


def test_sources(predict, tmp_path):
    save_every_kind(tmp_path / "in")
    cases = {
        "in/colour.png": {"colour.png"},
        "in/*.png": {"colour.png", "alpha.png", "sixteen.png", "small.png"},
        "in/**/*.png": {"colour.png", "alpha.png", "sixteen.png", "small.png", "deep/er/gray.png"},
        "in/deep": {"colour.webp", "er/gray.png"},
    }
    for i, (source, names) in enumerate(cases.items()):
        out = tmp_path / f"out{i}"
        assert predict(f"source={tmp_path / source}", f"output={out}", "uncertainty=none").code == 0
        assert set(json.loads((out / "summary.json").read_text())["images"]) == names
        assert {name.removesuffix(".depth.npy") for name in files_in(out) if name.endswith(".depth.npy")} == names


def test_summary(predict, export, tmp_path):
    write_images(tmp_path / "in", [(48, 64), (37, 53)])
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "uncertainty.gradient.reference=gray")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert {"model", "output_space", "unit", "polarity", "settings", "images", "failed"} <= set(summary)
    assert summary["model"]["encoder"] == "lcnet_050"
    assert summary["model"]["checkpoint"] == str(export)
    assert summary["output_space"] == {"quantity": "depth", "ambiguity": "scale"}
    assert "arbitrary" in summary["unit"]
    assert "higher = worse" in summary["polarity"]
    assert summary["settings"]["uncertainty"]["gradient"]["reference"] == "gray"
    assert summary["images"] == ["0.png", "1.png"]
    assert [entry["image"] for entry in summary["failed"]] == ["bad.png"]
    assert "no image" in summary["failed"][0]["reason"] or "not a" in summary["failed"][0]["reason"]


def test_unit_of_a_metric_network(predict, tmp_path):
    model = export_model(tiny_model(head="depth"), tmp_path / "metric")
    write_images(tmp_path / "in")
    assert predict(f"checkpoint={model}", f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}").code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["unit"], summary["output_space"]["ambiguity"]) == ("m", "metric")


def test_unreadable_images_are_skipped(predict, tmp_path):
    _, cut = write_images(tmp_path / "in", [(48, 64), (48, 64)])
    cut.write_bytes(cut.read_bytes()[:200])
    outcome = predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert outcome.code == 1
    assert "1.png" in outcome.err
    assert "Traceback" not in outcome.err
    assert files_in(tmp_path / "out") == {*RUN_FILES, *of("0.png")}


def test_no_readable_image(predict, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"")
    outcome = predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("error: none of 1 images could be read")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["source=in", "sorce=in"], ["unknown key 'sorce'", "'source'"]),
        (["source=in", "uncertainty=gradent"], ["'uncertainty=gradient'"]),
        (["source=in", "--dry-run"], ["unknown flag '--dry-run'"]),
        (["source=in", "evaluation.pictures=1"], ["evaluation.pictures belongs to infer.py evaluate; omit it"]),
        (["source=in", "data=kitti"], ["data belongs to infer.py evaluate, benchmark, fit, study, ood"]),
        (["source=in", "data=kity"], ["data belongs to infer.py evaluate, benchmark, fit, study, ood"]),
        (["source=in", "trainer.progress=false"], ["infer.py predict calls it progress"]),
        (["source=in", "experiment=demo"], ["experiment=demo belongs to train.py"]),
        ([], ["source is missing; give source=IMAGE|FOLDER|GLOB|FILM|LIST.txt|CAMERA, or"]),
        (["in", "empty"], ["'empty' is a second source after 'source=in'", "source='DIR/*.png'"]),
        (["in.yaml"], ["configuration file 'in.yaml' does not exist"]),
        (["nowhere"], ["'nowhere' does not exist"]),
        (["source=nowhere"], ["'nowhere' does not exist"]),
        (["source=inn"], ["'inn' does not exist", "did you mean 'in'"]),
        (["source=in/*.bmp"], ["no images for pattern 'in/*.bmp'"]),
        (["source=empty"], ["no images in folder 'empty'"]),
        (["source=in", "size=640"], ["size='640'", "64x96", "native"]),
        (["source=in", "size=0x96"], ["size="]),
        (["source=in", "size=axb"], ["size='axb'"]),
        (["source=in", "size=1x2x3"], ["size='1x2x3'"]),
        (["source=in", "size=-32x64"], ["size='-32x64'"]),
        (["source=in", "checkpoint=null"], ["checkpoint is missing", "checkpoint=PATH"]),
        (["source=in", "checkpoint=nowhere"], ["checkpoint 'nowhere' does not exist"]),
        (["source=in", "checkpoint=in"], ["in holds no model"]),
        (["source=in", "checkpoint=in/0.png"], ["in/0.png is no readable weight file"]),
        (["source=in", "architecture=rt_monodepth_s"], ["rt_monodepth_s"]),
        (["source=in", "architecture=rt"], ["architecture=rt must be", "rt_monodepth_s"]),
        (["source=in", "head=depht"], ["head=depht must be", "'depth'"]),
        (["source=in", "head=depth"], ["head"]),
        (["source=in", "device=cuda:9"], ["device='cuda:9'"]),
        (["source=in", "device=toaster"], ["device='toaster'"]),
        (["source=in", "uncertainty.gradient.layers=[decoder.blocks.6]", "uncertainty.gradient.loss=sq"], ["squared"]),
        (["source=in", "uncertainty.gradient.layers=[blocks.6.conv]"], ["decoder.blocks.6.conv"]),
        (["source=in", "seed=1"], ["unknown key 'seed'"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_and_writes_nothing(predict, tmp_path, arguments, parts):
    write_images(tmp_path / "here" / "in")
    (tmp_path / "here" / "empty").mkdir()
    before = files_in(tmp_path)
    assert_one_error(predict(*arguments), *parts)
    assert files_in(tmp_path) == before


def test_print_config(predict, tmp_path):
    printed = predict("in", "--print-config")
    assert (printed.code, printed.err) == (0, "")
    assert "source: in" in printed.out
    (tmp_path / "mine.yaml").write_text(printed.out)
    assert predict(tmp_path / "mine.yaml", "--print-config").out == printed.out


def test_progress_bar_and_exit_code_of_the_script(export, tmp_path):
    """The same through a real process: 1, as one image is skipped."""
    write_images(tmp_path / "in")
    (tmp_path / "in" / "bad.jpg").write_bytes(b"x")
    arguments = ["predict", f"checkpoint={export}", "in", "device=cpu"]
    done = subprocess.run(
        [sys.executable, REPOSITORY / "infer.py", *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "2/2" in done.stderr
    assert files_in(tmp_path / "outputs") == {*RUN_FILES, *of("0.png")}

"""Networks on encoders that are built for one size of images, asked for another."""

from pathlib import Path

import pytest

from gradunc.models import build_model, export_model
from tests.helpers import assert_one_error, files_in, tiny_settings, write_images

ENCODERS = ["maxvit_nano_rw_256", "hiera_tiny_224"]


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_model(build_model(tiny_settings(encoder="coat_lite_tiny")), tmp_path_factory.mktemp("fixed"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "../in"),
        ("ood", "source=../in", "other=../in/*.png"),
        ("layers",),
        ("export", "to=a.pt2"),
        ("evaluate", "data=synthetic"),
        ("study", "data=synthetic"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_verb_says_it_in_one_line(infer, fixed, tmp_path, arguments):
    write_images(tmp_path / "in", [(64, 96), (64, 96)])
    outcome = infer(*arguments, f"checkpoint={fixed}", "size=96x128")
    assert_one_error(outcome, "size=96x128: model.encoder=coat_lite_tiny cannot take such images", "give size=64x96")
    assert files_in(tmp_path / "here") == set()


def test_its_own_size_is_taken(predict, fixed, tmp_path):
    write_images(tmp_path / "in", [(50, 60)])
    assert predict(f"checkpoint={fixed}", tmp_path / "in", f"output={tmp_path / 'out'}", "size=64x96").code == 0


def test_images_at_their_native_size(predict, fixed, tmp_path):
    """Those of its size have results, others are skipped."""
    write_images(tmp_path / "in", [(64, 96), (48, 64)])
    arguments = tmp_path / "in", f"output={tmp_path / 'out'}", "size=native", "uncertainty=none"
    outcome = predict(f"checkpoint={fixed}", *arguments)
    assert outcome.code == 1
    skipped, written = outcome.err.splitlines()
    assert "1.png', an image of 48x64 px: Input width (64) doesn't match model (96)" in skipped
    assert written == f"1 images written to {tmp_path / 'out'}, 1 skipped"


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
def test_such_encoders(infer, tmp_path, encoder):
    size = [256, 256] if "maxvit" in encoder else [64, 96]
    path = export_model(build_model(tiny_settings(encoder=encoder, size=size)), tmp_path / "fixed")
    outcome = infer("layers", f"checkpoint={path}", "size=128x160")
    assert_one_error(outcome, f"model.encoder={encoder} cannot take such images", f"give size={size[0]}x{size[1]}")


@pytest.mark.parametrize("size", ["²x5", "9" * 5000 + "x5", "16385x5", "5x99999", "64x96x3", "6 4x96", "+64x96"])
def test_sizes_that_no_network_takes(predict, tmp_path, size):
    write_images(tmp_path / "in")
    outcome = predict(tmp_path / "in", f"output={tmp_path / 'out'}", f"size={size}")
    assert_one_error(outcome, "must be HxW in pixels")
    assert len(outcome.err) < 300

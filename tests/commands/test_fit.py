"""`infer.py fit`."""

import re

import pytest
from safetensors.torch import load_file

from gradunc.models import export_model
from gradunc.uncertainty.registry import ESTIMATORS
from tests.helpers import assert_one_error, files_in, tiny_model, write_images
from tests.uncertainty.toys import TOYS


@pytest.fixture
def learning(monkeypatch, tmp_path):
    """A file of two toys that learn, one of which wraps an estimator that does not, and a network of its own."""
    for name in ("density", "calibrated"):
        monkeypatch.setitem(ESTIMATORS, name, TOYS[name])
    file = tmp_path / "learning.yaml"
    file.write_text("uncertainty: {gradient: {layers: auto}, colours: {method: density}, metres: {method: calibrated}}")
    return file, export_model(tiny_model(), tmp_path / "model")


SCENES = ("data.synthetic.train_scenes=3", "data.synthetic.val_scenes=2")


def test_what_was_learned_is_said_and_kept(infer, synthetic, learning, tmp_path):
    file, model = learning
    outcome = infer("fit", file, f"checkpoint={model}", *synthetic, *SCENES)
    assert outcome.code == 0, outcome.err
    paths = re.findall(r"uncertainty\.(\w+) has learned from the (\w+) split in [0-9.]+ s: '(.*)'", outcome.out)
    assert [(name, split) for name, split, _ in paths] == [("colours", "train"), ("metres", "val")]
    assert {path for *_, path in paths} == {str(path) for path in (model / "uncertainty").iterdir()}
    assert set(load_file(paths[0][2])) == {"mean", "std"}

    # Now plain images can be judged.
    write_images(tmp_path / "in")
    assert infer("predict", file, f"checkpoint={model}", f"source={tmp_path / 'in'}").code == 0


def test_what_has_been_learned_is_learned_again_only_of_other_data_or_if_that_is_said(infer, synthetic, learning):
    """Of the two, one learns from train and the other from val; the images of the test split do not count."""
    file, model = learning
    arguments = ("fit", file, f"checkpoint={model}", *synthetic)
    assert infer(*arguments, *SCENES).code == 0
    path = next((model / "uncertainty").glob("colours-*"))
    before = load_file(path)["mean"]
    outcome = infer(*arguments, *SCENES, "data.synthetic.test_scenes=2")
    assert "uncertainty.colours has learned before from synthetic train, 3 images: '" in outcome.out
    assert "uncertainty.metres has learned before from synthetic val, 2 images: '" in outcome.out
    assert "again=true learns anew" in outcome.out
    assert load_file(path)["mean"].equal(before)
    outcome = infer(*arguments, "data.synthetic.train_scenes=1", SCENES[1])
    assert "uncertainty.colours has learned from the train split" in outcome.out
    assert "uncertainty.metres has learned before" in outcome.out
    assert not load_file(path)["mean"].equal(before)
    outcome = infer(*arguments, "data.synthetic.train_scenes=1", SCENES[1], "again=true")
    assert "has learned before" not in outcome.out


def test_another_share_of_the_training_images_is_other_data(infer, synthetic, learning):
    file, model = learning
    arguments = ("fit", file, f"checkpoint={model}", *synthetic, *SCENES)
    share = "data.train_fraction=0.34"
    seeds = [f"data.subset_seed={seed}" for seed in (0, 1, 2, 3)]
    assert infer(*arguments).code == 0
    outcomes = [infer(*arguments, share, seed).out for seed in (seeds[0], seeds[0], *seeds[1:])]
    known = ["uncertainty.colours has learned before from synthetic train, 1 image:" in one for one in outcomes]
    assert known[:2] == [False, True]
    assert not all(known[2:]), "another image of the three is drawn"
    assert all("uncertainty.metres has learned before" in one for one in outcomes), "from val, which is not drawn from"


def test_evaluate_uses_what_was_learned_from_other_data_and_says_so(infer, synthetic, learning, tmp_path):
    file, model = learning
    arguments = file, f"checkpoint={model}", *synthetic
    assert infer("fit", *arguments, *SCENES).code == 0
    before = {path: path.read_bytes() for path in (model / "uncertainty").iterdir()}
    for other, warnings in ((SCENES[0], 0), ("data.synthetic.train_scenes=1", 1)):
        outcome = infer("evaluate", *arguments, other, SCENES[1], f"output={tmp_path / 'out'}")
        assert outcome.code == 0, outcome.err
        assert outcome.err.count("has learned from other data") == warnings
    line = (
        "uncertainty.colours has learned from other data: synthetic train, 3 images, not from synthetic train, 1 image"
    )
    assert line in outcome.err
    assert {path: path.read_bytes() for path in (model / "uncertainty").iterdir()} == before


def test_a_configuration_in_which_nothing_learns_is_one_line(infer, synthetic, learning, tmp_path):
    for arguments, names in (([], "gradient (method=gradient)"), (["uncertainty=none"], "uncertainty names no method")):
        outcome = infer("fit", *synthetic, *arguments)
        assert_one_error(outcome, f"nothing here learns: {names}; give uncertainty.NAME.method=METHOD", "density")
    assert_one_error(infer("fit", "uncertainty=gradient"), "data is missing; give data=NAME")
    assert not files_in(tmp_path / "here")


def test_the_other_camera_is_read_where_a_method_learns_from_it(infer, synthetic, tmp_path):
    """In the split that is learned from, by `fit` and by `evaluate`; data with one camera say so."""
    model = export_model(tiny_model(ambiguity="metric", min_depth=5.0), tmp_path / "metric")
    head = ("uncertainty=error_head", "uncertainty.error_head.target=photometric", "uncertainty.error_head.layers=auto")
    outcome = infer("fit", f"checkpoint={model}", *synthetic, *SCENES, *head)
    assert outcome.code == 0, outcome.err
    assert "uncertainty.error_head has learned from 2 images of val" in outcome.out
    assert "uncertainty.error_head: explains" in outcome.out
    for path in (model / "uncertainty").iterdir():
        path.unlink()
    outcome = infer("evaluate", f"checkpoint={model}", *synthetic, *SCENES, *head, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert "uncertainty.error_head has learned from 2 images of val" in outcome.err

    write_images(tmp_path / "folder" / "images", [(32, 64)] * 12)
    one = ("data=folder", f"data.root={tmp_path / 'folder'}")
    outcome = infer("fit", f"checkpoint={model}", *one, *head)
    assert_one_error(outcome, "uncertainty.error_head: data=folder has one camera")
    outcome = infer("fit", f"checkpoint={model}", *one, *head, "uncertainty.error_head.target=truth")
    assert_one_error(outcome, "uncertainty.error_head: the val split has no true depth to learn from")


def test_another_size_is_learned_anew(infer, synthetic, learning, tmp_path):
    """The network is trained at 64x96."""
    file, model = learning
    common = file, f"checkpoint={model}"
    assert infer("fit", *common, *synthetic, *SCENES).code == 0
    small = {path.name: path.read_bytes() for path in (model / "uncertainty").iterdir()}
    for folder in ("in", "other"):
        write_images(tmp_path / folder, [(48, 64)] * 2)
    for verb, sides in (("predict", ()), ("ood", (f"other={tmp_path / 'other'}",))):
        outcome = infer(verb, *common, f"source={tmp_path / 'in'}", *sides, "size=64x128")
        assert_one_error(
            outcome, "(method=density) learned at 64x96, asked at 64x128; run the verb fit with size=64x128"
        )
    output = f"output={tmp_path / 'out'}"
    assert "has learned before" not in infer("evaluate", *common, *synthetic, *SCENES, "size=64x128", output).err
    assert "has learned before" in infer("evaluate", *common, *synthetic, *SCENES, "size=64x128", output).err
    files = {path.name: path.read_bytes() for path in (model / "uncertainty").iterdir()}
    assert len(files) == 4
    assert files.items() >= small.items(), "what was learned at the other size lies there still"


def test_options_that_are_tried_leave_the_fit_of_others_alone(infer, synthetic, learning, tmp_path):
    file, model = learning
    common = file, f"checkpoint={model}"
    assert infer("fit", *common, *synthetic, *SCENES).code == 0
    kept = next((model / "uncertainty").glob("colours-*"))
    before = kept.read_bytes()
    other = "uncertainty.colours.smallest=0.5"
    images = f"source={write_images(tmp_path / 'in')[0].parent}"
    outcome = infer("predict", *common, images, other)
    assert_one_error(outcome, "uncertainty.colours (method=density) learned under other options: smallest=0.001")
    assert infer("evaluate", *common, *synthetic, *SCENES, other, f"output={tmp_path / 'out'}").code == 0
    assert kept.read_bytes() == before
    assert infer("predict", *common, images).code == 0
    assert infer("predict", *common, images, other, "overwrite=true").code == 0

"""A teacher, its labels and a student from one command, which goes on where it was interrupted."""

import json
from pathlib import Path

import pytest

from gradunc.commands.run_stages import student_config, teacher_config
from gradunc.commands.stage_place import StagePlace
from gradunc.commands.train import main
from gradunc.config import TrainConfig, load, parse
from gradunc.config.mixture import mixture_parts
from gradunc.config.train import TRAIN_GROUPS
from gradunc.errors import InputError
from tests.helpers import Call, assert_one_error, write_images

TINY = ("model=lcnet", "model.size=[32,64]", "model.decoder_channels=[8,8,8,8,8]", "trainer=cpu", "logger=none")
MIDAS = ("data=synthetic", "objective=midas", "model.head=relative", "uncertainty=none", "evaluation.pictures=0")
STAGES = ("pseudo.images=photos", "pseudo.teacher_options=[trainer.max_steps=2,seed=3]")


def config_of(*arguments: str) -> TrainConfig:
    return load(TrainConfig, TRAIN_GROUPS, parse(arguments, TRAIN_GROUPS))


def test_the_teacher_has_its_options_on_top() -> None:
    line = parse([*TINY, *MIDAS, *STAGES, "seed=1", "trainer.max_steps=7"], TRAIN_GROUPS)
    config = load(TrainConfig, TRAIN_GROUPS, line)
    teacher = teacher_config(config, line)
    assert (teacher.trainer.max_steps, teacher.seed, teacher.pseudo.images) == (2, 3, None)
    assert (config.trainer.max_steps, config.seed) == (7, 1)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_student_learns_from_labels_beside_a_share_of_truth(share: float) -> None:
    config = config_of(*TINY, *MIDAS, *STAGES, f"pseudo.labelled={share}", "data.synthetic.train_scenes=5")
    parts = mixture_parts(student_config(config, Path("labels")).data)
    assert {name: (part.weight, part.evaluate) for name, part in parts.items()} == {
        "synthetic": (share, True),
        "pseudo": (1.0, False),
    }
    assert parts["synthetic"].settings.synthetic.train_scenes == 5
    assert parts["pseudo"].settings.folder.truth == "disparity"


def test_of_a_mixture_all_parts_share_the_weight(tmp_path: Path) -> None:
    parts = {"one": {"name": "folder", "root": "a", "weight": 3}, "two": {"name": "folder", "root": "b"}}
    (tmp_path / "mine.yaml").write_text(json.dumps({"defaults": {"data": "mixture"}, "data": {"mixture": parts}}))
    config = config_of(str(tmp_path / "mine.yaml"), *STAGES, "pseudo.labelled=2")
    found = mixture_parts(student_config(config, Path("labels")).data)
    assert {name: part.weight for name, part in found.items()} == {"one": 1.5, "two": 0.5, "pseudo": 1.0}


def test_a_stage_begun_with_other_settings_is_refused(tmp_path: Path) -> None:
    place = StagePlace(config_of(*TINY), tmp_path, "teacher")
    place.end(place.make(place.point()), tmp_path / "teacher" / "checkpoints" / "best.ckpt")
    again = StagePlace(config_of(*TINY, "trainer.progress=false", "output=elsewhere"), tmp_path, "teacher")
    assert again.done() == tmp_path / "teacher" / "checkpoints" / "best.ckpt"
    with pytest.raises(InputError, match=r"begun with other settings \(seed=1, was 0\).*pseudo.folder"):
        StagePlace(config_of(*TINY, "seed=1"), tmp_path, "teacher")


WRONG = [
    (["pseudo.labelled=1"], ["pseudo.labelled=1.0 without pseudo.images"]),
    (
        ["objective.reject=0.1"],
        ["objective.reject=0.1 is about images whose truth a teacher has said", "pseudo.images"],
    ),
    (["data.augmentation.cutmix=0.5"], ["data.augmentation.cutmix=0.5 is about images", "data.folder.pseudo=true"]),
    (
        ["pseudo.images=photos", "objective=supervised", "objective.reject=0.1", "model.head=depth"],
        ["objective.reject=0.1 is about losses of disparity; choose objective=midas"],
    ),
    (["data=folder", "data.root=photos", "data.folder.pseudo=true"], ["data.folder.truth=depth; omit it"]),
    (["pseudo.images=photos", "resume=auto"], ["resume=auto beside pseudo.images"]),
    (["pseudo.images=photos", "--dry-run"], ["--dry-run cannot see the labels"]),
    (["pseudo.images=photos", "ensemble.members=2"], ["ensemble.members beside pseudo.images"]),
    (["pseudo.images=photos", "objective.teacher=a"], ["set pseudo.teacher"]),
    (["pseudo.images=photos", "trainer.devices=2"], ["set trainer.devices=1"]),
    (["pseudo.images=photos", "pseudo.teacher=a", "pseudo.teacher_options=[seed=1]"], ["omit pseudo.teacher_options"]),
    (["pseudo.images=photos", "pseudo.teacher_options=[sed=1]"], ["pseudo.teacher_options: unknown key 'sed'", "seed"]),
    (["pseudo.images=fotos"], ["pseudo.images: 'fotos' does not exist", "give a folder"]),
]


@pytest.mark.parametrize(("arguments", "parts"), WRONG, ids=[" ".join(one) for one, _ in WRONG])
def test_wrong_input_is_one_line(call: Call, arguments: list[str], parts: list[str]) -> None:
    write_images(Path("photos"), [(32, 64)])
    outcome = call(main, *TINY, *MIDAS, *arguments)
    assert_one_error(outcome, *parts)
    assert not Path("runs").exists()


@pytest.mark.slow
def test_three_stages_each_done_once(call: Call) -> None:
    write_images(Path("photos"), [(40, 64)] * 4)
    scenes = [f"data.synthetic.{split}_scenes=2" for split in ("train", "val", "test")]
    labels = ("objective.reject=0.1", "data.augmentation.cutmix=1", "data.augmentation.blur=1")
    arguments = (
        *TINY,
        *MIDAS,
        *STAGES,
        *scenes,
        *labels,
        "data.batch_size=2",
        "trainer.max_epochs=1",
        "data.workers=0",
    )
    outcome = call(main, *arguments, "trainer.limit_train_batches=1")
    assert outcome.code == 0, outcome.err
    folder = Path("runs/run/stages")
    assert len([*folder.glob("labels/shard-00000/disparity/*.png")]) == 4
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    again = call(main, *arguments, "trainer.limit_train_batches=1")
    assert again.code == 0, again.err
    assert again.out.count("is trained") == 2
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    changed = call(main, *arguments, "trainer.limit_train_batches=2")
    assert_one_error(changed, "begun with other settings", "trainer.limit_train_batches=2, was 1")

import subprocess
import sys

import pytest
import torch

from gradunc.commands.train import main
from tests.helpers import REPOSITORY, TINY, assert_one_error, files_in

pytestmark = pytest.mark.slow

SUPERVISED = ("data=synthetic", "objective=supervised")

WRONG = [
    # keys, groups, flags, types
    (["trainer.max_epoch=1"], ["unknown key 'trainer.max_epoch'", "'trainer.max_epochs'"]),
    (["modle=lcnet"], ["unknown key 'modle'", "'model'"]),
    (["model=lcnt"], ["model=lcnt does not exist", "'model=lcnet'"]),
    (["experiment=dmeo"], ["'experiment=demo'"]),
    (["--dry-rn"], ["unknown flag '--dry-rn'", "'--dry-run'"]),
    (["trainer.max_epochs=many"], ["trainer.max_epochs", "many"]),
    (["name=${nowhere}"], ["name"]),
    # data
    (["data=kitti"], ["data.root is missing"]),
    (["data=kitti", "data.root=nowhere"], ["data.root='nowhere' is no folder"]),
    (["data=kitti", "data.root=."], ["data.kitti.train_split is missing"]),
    (["data=kitti", "data.root=.", "data.kitti.train_split=a.txt"], ["data.kitti.train_split='a.txt' does not exist"]),
    (["data=kitti", "data.root=.", "data.kitti.depth=z"], ["data.kitti.depth", "camera_z"]),
    (["data.name=kity"], ["data.name=kity must be", "'kitti'"]),
    (["data.batch_size=0"], ["data.batch_size=0"]),
    (["data.workers=-1"], ["data.workers=-1"]),
    (["resume=nowhere"], ["resume='nowhere' does not exist"]),
    # network
    (["model.size=[60,96]"], ["model.size=[60,96]", "multiples of 32", "model.size=[64,96]"]),
    (["model.size=[64]"], ["model.size=[64]"]),
    (["model.encoder=resnt18"], ["unknown timm encoder 'resnt18'", "resnet18"]),
    (["model.encoder=inception_v3"], ["model.encoder=inception_v3 cannot take images of model.size=[64,96]", "choose"]),
    (["objective.pose_weights=nowhere"], ["objective.pose_weights='nowhere' is neither a .ckpt file nor a run folder"]),
    (["objective=stereo", "objective.pose_weights=a.ckpt"], ["no pose network is trained; omit it"]),
    (["objective=stereo_lr", "objective.auto_mask_after=9"], ["objective.auto_mask_after=9, but no loss has a mask"]),
    (
        ["objective=stereo_lr", "objective.frames=[-1,1]"],
        ["objective.losses.left_right compares the two cameras of a stereo pair; set objective.frames=[s]"],
    ),
    (
        ["objective=stereo", "data.augmentation.rotate=2"],
        ["data.augmentation.rotate=2 repeats the border", "objective.losses.photometric looks at all pixels"],
    ),
    (["objective=supervised", "objective.motion_after=9"], ["objective.motion_after=9, but nothing moves by itself"]),
    (["objective=mono_motion", "objective.frames=[-1,s]"], ["objective.losses.motion_sparsity is about what moves"]),
    (
        ["objective=sc_depth", "objective.losses.motion_sparsity=1"],
        ["motion_sparsity needs a loss that lets things move", "masked_photometric takes the world as still"],
    ),
    (["objective=supervised", "objective.auto_mask_after=9"], ["objective.auto_mask_after=9, but no loss has a mask"]),
    (["model.weights=nowhere"], ["model.weights: checkpoint 'nowhere' does not exist"]),
    (["model.architecture=monodepth"], ["unknown model.architecture 'monodepth'", "'monodepth2'"]),
    (["model.pretrained=nowhere.pth"], ["nowhere.pth"]),
    (["model.initial_depth=1000"], ["model.initial_depth=1000"]),
    # objective against network
    (["objective.losses.phtometric=1"], ["'phtometric'", "'photometric'"]),
    (["objective.frames=[]"], ["objective.losses.photometric needs source views", "objective.frames"]),
    (["objective=supervised", "objective.frames=[1]"], ["objective.frames", "no loss uses"]),
    (["objective.frames=[0]"], ["objective.frames entry '0'"]),
    (["objective.frames=[left]"], ["objective.frames entry 'left'"]),
    (["model.head=depth"], ["model.head=disparity"]),
    (["model.head=relative"], ["objective.losses.photometric needs depth", "model.head=sigmoid_depth"]),
    (["objective=midas"], ["objective.losses.ssi_trimmed leaves a factor and a shift", "set model.head=relative"]),
    (["model.head=metres"], ["model.head=metres must be disparity, depth,"]),
    (["model.uncertainty_head=true"], ["model.uncertainty_head=laplace", "objective.losses.laplace"]),
    (["model.uncertainty_head=log_scale"], ["no loss trains it", "model.uncertainty_head=none"]),
    (["model.uncertainty_head=lapalce"], ["lapalce", "laplace"]),
    (["model.uncertainty_quantity=metres"], ["model.uncertainty_quantity=metres", "log_depth"]),
    (
        ["objective=stereo_log", "model.uncertainty_quantity=log_depth"],
        ["no likelihood of depth is trained", "omit it"],
    ),
    (["objective=stereo_log", "objective.losses.photometric=1"], ["set objective.losses.photometric=0"]),
    (["objective=self_teaching"], ["objective.teacher", "'CHECKPOINT' does not exist"]),
    (["objective=supervised_laplace", "model=rt_monodepth_s"], ["rt_monodepth_s has no uncertainty head; choose"]),
    (["objective=supervised_laplace", "model.uncertainty_head=gaussian"], ["model.uncertainty_head=laplace, or null"]),
    (["objective.losses={laplace: 1,gaussian: 1}"], ["different uncertainty heads"]),
    (["objective.teacher=nowhere"], ["no loss compares depth"]),
    (["objective=self_teaching", "objective.teacher=nowhere"], ["objective.teacher", "'nowhere' does not exist"]),
    (["objective.optimizer=sgdd"], ["objective.optimizer=sgdd must be adam"]),
    (["objective.schedule=cosin"], ["objective.schedule=cosin must be", "onecycle"]),
    (["objective.pose_encoder=resnt18"], ["resnt18"]),
    (["objective.schedule=onecycle", "objective.warmup_steps=5"], ["warmup_steps=5, but onecycle rises by itself"]),
    (["objective.losses.berhuu=1"], ["'berhuu'", "'berhu'"]),
    # estimators, protocol, trainer, logger
    (["uncertainty.gradient.layers=[decoder.blocks.6.con]"], ["decoder.blocks.6.con'", "decoder.blocks.6.conv"]),
    (["uncertainty.gradient.layers=[]"], ["uncertainty.gradient"]),
    (["uncertainty.gradient.reference=flpi"], ["uncertainty.gradient.reference=flpi", "'flip'"]),
    (["uncertainty.gradient.loss=square"], ["uncertainty.gradient.loss=square ", "'squared'"]),
    (["uncertainty.gradient.channels=mex"], ["uncertainty.gradient.channels=mex", "'max'"]),
    (["uncertainty.gradient.normalize=min"], ["uncertainty.gradient.normalize=min ", "'minmax'"]),
    (["uncertainty.gradient.chunk=0"], ["chunk=0"]),
    (["evaluation.alignment=medain"], ["evaluation.alignment=medain", "'median'"]),
    (["evaluation.crop=grag"], ["evaluation.crop=grag", "'garg'"]),
    (["evaluation.protocol=nyuu"], ["evaluation.protocol=nyuu", "'nyu'"]),
    (["evaluation.protocol=nyu"], ["evaluation.protocol=nyu is about data=nyu, not synthetic"]),
    (["trainer.gradient_clip_val=1", "trainer.gradient_clip_algorithm=norms"], ["trainer", "norms"]),
    (["logger=wandb", "logger.mode=ofline"], ["logger.mode=ofline", "'offline'"]),
    (["logger.kind=tensorbord"], ["logger.kind=tensorbord must be", "'tensorboard'"]),
    (["trainer.accelerator=cpux"], ["trainer", "cpux"]),
    (["trainer.strategy=dpp"], ["trainer", "dpp"]),
    (["trainer.precision=8"], ["trainer", "8"]),
    (["trainer.devices=0"], ["trainer", "devices"]),
    (["trainer.devices=many"], ["trainer", "devices"]),
    (["trainer.select_by=val/abs_rl"], ["trainer.select_by", "val/abs_rl", "val/abs_rel"]),
    (["trainer.select_by=val/abs_rl", "--dry-run"], ["trainer.select_by", "val/abs_rl", "val/abs_rel"]),
    (
        ["data=kitti", "data.root=.", "data.kitti.truth=none", "trainer.select_by=val/abs_rel"],
        ["trainer.select_by=val/abs_rel needs true depth", "or trainer.select_by=val/loss"],
    ),
    (["logger.kind=tensorbord", "--dry-run"], ["'tensorboard'"]),
    (["logger=wandb", "logger.mode=ofline", "--dry-run"], ["logger.mode=ofline", "'offline'"]),
    (["logger=wandb", "logger.mode=online"], ["log in with `wandb login`, or set logger.mode=offline"]),
    # ranges: tests/config/test_checks.py
    (["seed=-1"], ["seed=-1 must be between 0 and"]),
    (["trainer.max_epochs=-1"], ["endless training; set trainer.max_epochs"]),
    (["data.cache=/dev/null"], ["cannot write rendered samples to '/dev/null/", "set data.cache=FOLDER"]),
    (["data.cache=/dev/null", "--dry-run"], ["cannot write rendered samples to '/dev/null/", "set data.cache=FOLDER"]),
]


@pytest.mark.parametrize(("arguments", "parts"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong_usage_is_one_line_and_writes_nothing(call, tmp_path, monkeypatch, arguments, parts):
    monkeypatch.setattr("gradunc.loggers.wandb.has_api_key", lambda: False)
    tiny = [] if any(a.startswith("model.size") for a in arguments) else ["model.size=[64,96]"]
    outcome = call(main, "model=lcnet", "objective.pose_encoder=lcnet_050", "trainer=cpu", *tiny, *arguments)
    assert_one_error(outcome, *parts)
    assert files_in(tmp_path) == set()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_no_gpu_here(call, tmp_path):
    assert_one_error(call(main, *TINY, "objective=supervised", "trainer.accelerator=gpu"), "trainer")
    assert files_in(tmp_path) == set()


def test_weights_that_cannot_be_downloaded(call, tmp_path, monkeypatch):
    """The published configuration asks for ImageNet weights."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert_one_error(call(main), "resnet18", "could not be downloaded", "model.pretrained=false")
    assert files_in(tmp_path) == set()


def test_an_output_that_cannot_be_written(call, tmp_path):
    file = tmp_path / "file"
    file.touch()
    scenes = [f"data.synthetic.{split}_scenes=1" for split in ("train", "val", "test")]
    outcome = call(main, *TINY, *SUPERVISED, *scenes, "data.batch_size=1", f"output={file}", "model.size=[32,64]")
    assert_one_error(outcome, "cannot create the run folder", str(file), "set output=DIR")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["objective.gradient_checkpointing=true"], ["this network has batch norms in every layer of its encoder"]),
        (["objective.lora_rank=4"], ["objective.lora_rank=4: this network has an encoder without linear layers"]),
        (["data.augmentation.crop=[64,96]"], ["data.augmentation.crop=[64,96] is larger than model.size=[32,64]"]),
    ],
)
def test_what_only_the_network_tells(call, tmp_path, arguments, parts):
    """By then samples may have been rendered."""
    scenes = [f"data.synthetic.{split}_scenes=1" for split in ("train", "val", "test")]
    outcome = call(main, *TINY, *SUPERVISED, *scenes, "data.batch_size=1", "model.size=[32,64]", *arguments)
    assert_one_error(outcome, arguments[0].split("=")[0], *parts)
    assert all(name.startswith("here/.cache/") for name in files_in(tmp_path))


def test_too_few_samples_for_a_batch(call, tmp_path):
    scenes = [f"data.synthetic.{split}_scenes=1" for split in ("train", "val", "test")]
    outcome = call(main, *TINY, *SUPERVISED, *scenes, "data.batch_size=100", "model.size=[32,64]")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("error: the train split has 4 samples")
    assert not (tmp_path / "here" / "runs").exists()


def test_help(call, tmp_path):
    outcome = call(main, "--help")
    assert outcome.code == 0
    assert outcome.err == ""
    for word in ("usage: train.py", "experiment", "demo", "trainer.max_epochs", "uncertainty.NAME.layers"):
        assert word in outcome.out
    assert files_in(tmp_path) == set()


def test_print_config_can_be_given_back(call, tmp_path):
    """What is printed is the configuration: given back alone it prints itself."""
    first = call(main, "experiment=demo", "seed=4", "--print-config")
    assert first.code == 0
    assert "seed: 4" in first.out
    (tmp_path / "again.yaml").write_text(first.out)
    assert call(main, tmp_path / "again.yaml", "--print-config").out == first.out
    assert files_in(tmp_path) == {"again.yaml"}


def test_print_config_checks_before_it_prints(call):
    assert_one_error(call(main, "--print-config", "sead=1"), "'seed'")


def test_dry_run_writes_nothing_but_the_cache(call, tmp_path):
    scenes = [f"data.synthetic.{split}_scenes=1" for split in ("train", "val", "test")]
    outcome = call(main, *TINY, *SUPERVISED, *scenes, "data.batch_size=2", "trainer.progress=false", "--dry-run")
    assert outcome.code == 0, outcome.err
    assert "dry run passed" in outcome.out
    assert all(name.startswith("here/.cache/") for name in files_in(tmp_path))


def test_exit_code_and_streams_of_the_script(tmp_path):
    """The same through a real process."""
    done = subprocess.run(
        [sys.executable, REPOSITORY / "train.py", "modle=lcnet"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: unknown key 'modle'; did you mean 'model'?\n"

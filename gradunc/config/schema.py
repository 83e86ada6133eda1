"""Every option there is, with its type, default and one line of help."""

from dataclasses import dataclass, field
from typing import Any

from gradunc.models.settings import ModelSettings, option


@dataclass
class Augmentation:
    """Random changes of training batches; probabilities and half-widths as in Monodepth2."""

    enabled: bool = option(True, "augment training batches")
    flip: float = option(0.5, "probability of mirroring a sample")
    jitter: float = option(0.5, "probability of colour jitter (networks see it, the photometric loss does not)")
    brightness: float = option(0.2, "half-width of the brightness factor")
    contrast: float = option(0.2, "half-width of the contrast factor")
    saturation: float = option(0.2, "half-width of the saturation factor")
    hue: float = option(0.1, "half-width of the hue shift, in turns")


@dataclass
class SyntheticData:
    """The procedural street."""

    train_scenes: int = option(200, "scenes to train on")
    val_scenes: int = option(10, "scenes to validate on")
    test_scenes: int = option(20, "scenes to test on")
    frames_per_scene: int = option(4, "samples per scene")
    moving_objects: bool = option(True, "cars that drive on their own")
    shadows: bool = option(True, "cast shadows")
    seed: int = option(0, "of the world; no scene is in two splits")


@dataclass
class KittiData:
    """KITTI raw."""

    split: str | None = option(
        None, "published lists: eigen_zhou, eigen_full (both test on eigen), eigen, eigen_benchmark, benchmark"
    )
    train_split: str | None = option(None, "file of lines 'date/drive frame side' to train on; wins over split")
    val_split: str | None = option(None, "the same to validate on")
    test_split: str | None = option(None, "the same to test on; null without split = every frame under data.root")
    cameras: list[str] = option(["l"], "cameras of the frames that are tested on without a list: l, r or both")
    truth: str = option("velodyne", "true depth: velodyne (scans, projected), improved (annotated depth maps) or none")
    truth_root: str | None = option(None, "folder of the improved depth; null = data.root")
    depth: str = option("camera_z", "of a laser point: camera_z, or laser_x as the published export has it")
    intrinsics: str = option("calibration", "calibration, or published = one fixed matrix for all, as Monodepth2")
    poses: str = option("none", "known motion between neighbours in time: none or oxts (inertial unit)")


@dataclass
class KittiOdometryData:
    """KITTI odometry."""

    split: str | None = option(None, "published lists: odom (trains on sequences 00-08, tests on 09 and 10)")
    train_split: str | None = option(None, "file of lines 'sequence frame side' to train on; wins over split")
    val_split: str | None = option(None, "the same to validate on")
    test_split: str | None = option(None, "the same to test on; null without split = test_sequences")
    test_sequences: list[Any] = option([9, 10], "sequences whose left images are tested on without a list")
    intrinsics: str = option("calibration", "calibration, or published = one fixed matrix for all, as Monodepth2")


@dataclass
class DivisionSettings:
    """Sequences of recordings without official splits, shared out; a single one is cut in time."""

    train: Any = option(0.8, "share of the sequences, or a list of their names (then all three are lists)")
    val: Any = option(0.1, "the same to validate on")
    test: Any = option(0.1, "the same to test on; test=1 with train=0 and val=0 tests on everything")
    seed: int = option(0, "of the order in which sequences are dealt out")
    gap: int = option(0, "frames left out in front of each place where a single sequence is cut: near duplicates")


@dataclass
class NyuData:
    """NYU Depth V2."""

    layout: str = option("auto", "auto, labelled (.mat of 1449 images), fastdepth (HDF5 tree) or png (lists)")
    depth: str = option("depths", "labelled: depths (filled in) or rawDepths (as measured)")
    splits: str | None = option(None, "labelled: splits.mat; null = beside the .mat file")
    train_list: str | None = option(None, "png: file of lines 'image depth [focal]' below data.root")
    val_list: str | None = option(None, "png: the same to validate on; null = see validation")
    test_list: str | None = option(None, "png: the same to test on")
    depth_scale: float = option(1000.0, "png: units per metre of the depth files")
    validation: str = option(
        "official", "official (the test images, as is customary), scenes (rooms held out), holdout (as GrUMoDepth)"
    )
    val_share: float = option(0.05, "share of the rooms that validation=scenes holds out")
    train_crop: str = option("none", "part that is trained on: none, bts, grumodepth, fastdepth, eigen")
    eval_crop: str = option("none", "part that is validated and tested on: the same names; see evaluation.crop, too")
    train_max_depth: float | None = option(10.0, "training depth beyond it is unknown [m]; null = all counts")


@dataclass
class RgbdData:
    """RGB-D recordings (TUM RGB-D, 7-Scenes)."""

    layout: str = option("auto", "auto, tum (rgb.txt, depth.txt) or 7scenes (frame-*.color.png)")
    depth_scale: float | None = option(None, "units per metre of the depth files; null = 5000 (tum), 1000 (7scenes)")
    intrinsics: list[float] | None = option(
        None, "fx, fy, cx, cy of the colour images; null = camera-intrinsics.txt, else as published"
    )
    poses: bool = option(True, "give the recorded motion between views; false = unknown")
    ground_truth: bool = option(True, "read true depth; false = depth files are not even looked for")


@dataclass
class StereoData:
    """Rectified stereo pairs."""

    layout: str = option("auto", "auto, middlebury2014, middlebury2006, folders (left/, right/), pairs (AL, AR)")
    focal: float | None = option(None, "focal length in pixels of the stored images, where no file holds it")
    baseline: float | None = option(None, "distance of the cameras [m], where no file holds it")
    doffs: float | None = option(None, "cx of the right camera - cx of the left one [px], where no file holds it")
    disparity_scale: float | None = option(None, "units per pixel of PNG disparity; null = as the layout says")
    depth_scale: float | None = option(None, "units per metre of PNG depth; null = as calibration.json says")
    ground_truth: bool = option(True, "read disparity or depth where there is some")


@dataclass
class FolderData:
    """Your own images."""

    depth_scale: float | None = option(None, "units per metre of 16-bit PNG depth: 1000 = mm, 256 = KITTI, 5000 = TUM")
    nan_is_unknown: bool = option(False, "NaN in .npy and .exr depth means unknown; otherwise it is an error")
    focal: float | None = option(None, "focal length in pixels of the stored images, without intrinsics.json")
    ground_truth: bool = option(True, "read depth/ where there is one")


@dataclass
class VideoData:
    """Your own videos."""

    focal: float | None = option(None, "focal length in pixels of the video")
    hfov: float | None = option(None, "horizontal field of view of the upright picture [degrees], instead of focal")
    min_motion: float = option(0.005, "least median shift between two kept pictures, as share of the longer side")
    cuts: bool = option(True, "no source view lies behind a cut of the film")
    max_side: int = option(1280, "longer side of the kept pictures [px]; larger ones are shrunk")


@dataclass
class DataSettings:
    """What to learn from and test on."""

    name: str | None = option(
        None, "data set: synthetic, kitti, kitti_odometry, nyu, rgbd, stereo, folder, video or mixture"
    )
    root: str | None = option(None, "folder of the data set (all but synthetic), or a video")
    split_dir: str | None = option(None, "folder of KITTI's published lists; null = CACHE/kitti_splits (tools.prepare)")
    cache: str = option(".cache/gradunc", "folder of rendered samples (synthetic) and resized images")
    frame_cache: bool = option(
        False, "keep resized images of recorded data in CACHE/frames: decoded once, not every epoch"
    )
    on_error: str = option("raise", "a sample that cannot be read: raise, or skip it and report at the end")
    batch_size: int = option(12, "training samples per step and process")
    eval_batch_size: int = option(1, "samples per validation and test step")
    workers: int = option(0, "loading processes")
    augmentation: Augmentation = field(default_factory=Augmentation)
    division: DivisionSettings = field(default_factory=DivisionSettings)
    synthetic: SyntheticData = field(default_factory=SyntheticData)
    kitti: KittiData = field(default_factory=KittiData)
    kitti_odometry: KittiOdometryData = field(default_factory=KittiOdometryData)
    nyu: NyuData = field(default_factory=NyuData)
    rgbd: RgbdData = field(default_factory=RgbdData)
    stereo: StereoData = field(default_factory=StereoData)
    folder: FolderData = field(default_factory=FolderData)
    video: VideoData = field(default_factory=VideoData)
    mixture: dict[str, Any] = option(
        {}, "label -> {weight: 1, evaluate: true, name: DATA SET (or the label), and any key of data}; see mixture.yaml"
    )


@dataclass
class ObjectiveSettings:
    """What training minimises, and how."""

    losses: dict[str, float] = option(
        {},
        "loss -> weight: photometric, smoothness; with true depth l1, l2, berhu, silog, eigen (lambda 0.5), eigen_full "
        "(lambda 1), gradient_matching (of log depth), laplace",
    )
    frames: list[Any] = option([], "source views: -1, 1 (neighbours in time), s (the other camera)")
    pose_encoder: str = option("resnet18", "timm backbone of the pose network, for neighbours in time")
    pose_pretrained: str = option("false", "weights of the pose encoder: true, false, or a file")
    pose_weights: str | None = option(
        None, "run of train.py, or its .ckpt, whose pose network to start from; replaces pose_pretrained"
    )
    optimizer: str = option("adam", "adam or adamw")
    learning_rate: float = option(1e-4, "of the optimiser, or the peak of onecycle")
    weight_decay: float = option(0.0, "of the optimiser")
    encoder_learning_rate: float | None = option(None, "of the depth network's encoder; null = learning_rate")
    schedule: str = option("step", "step, poly (1 - t/T)^0.9, onecycle or constant")
    warmup_steps: int = option(0, "optimiser steps in which the rate rises from 1/n; onecycle rises by itself")
    step_size: int = option(15, "step: complete epochs between two drops")
    gamma: float = option(0.1, "step: factor of a drop")
    onecycle_rise: float = option(0.1, "onecycle: share of the steps in which the rate rises")
    onecycle_start: float = option(25.0, "onecycle: peak / first rate")
    onecycle_end: float = option(10000.0, "onecycle: first rate / last rate")
    ema: float | None = option(
        None, "decay of an average of the weights, which is validated, tested and exported, for example 0.999"
    )


@dataclass
class GradientSettings:
    """One gradient estimator; the defaults are the published ones."""

    layers: Any = option(
        ["decoder.blocks.6.conv"], "layers whose gradient is read: names, globs, indices, auto or coarse"
    )
    reference: Any = option(
        "flip",
        "flip, gray, noise, rotate, brightness, shift, rescale, feature_flip, feature_noise, feature_dropout, "
        "feature_scale, given (the true depth), none; a list of these; with parameters {rotate: {degrees: 5}}",
    )
    loss: str = option("squared", "squared, squared_disparity, squared_log, l1, huber, ssim, variance or sensitivity")
    channels: str = option("max", "over channels: max, absmax, mean, sum, norm")
    across_layers: str = option("std", "over several layers: std, max, mean, weighted")
    normalize: str | None = option(None, "none, minmax or mean; null = none for one layer, minmax for several")
    layer_weights: list[float] | None = option(None, "of across_layers=weighted; null = by resolution")
    variance_weight: float = option(0.0, "weight of the predicted variance in the loss")
    depth_power: float = option(0.0, "the score is multiplied by this power of the predicted depth")
    seed: int = option(0, "of references that draw random numbers")
    chunk: int = option(1, "images per backward pass")


@dataclass
class EvaluationSettings:
    """How depth is compared with the truth."""

    protocol: str = option(
        "custom",
        "custom = the keys below; eigen (Velodyne, Garg crop, 80 m), eigen_benchmark (improved depth, no crop), nyu, "
        "nyu_eigen_crop (10 m), published_png (16-bit files of the published uncertainty tables) fix them",
    )
    alignment: str = option("auto", "none, median, least_squares, stereo (x 5.4); auto = by the model's output space")
    min_depth: float | None = option(None, "nearest truth and prediction that count [m]; null = protocol, else 0.001")
    max_depth: float | None = option(None, "farthest truth and prediction that count [m]; null = protocol, else 80")
    crop: str | None = option(None, "none, garg, eigen (KITTI), nyu_eigen (480x640); null = protocol, else none")
    limit_truth: bool | None = option(
        None, "false = clamp predictions only, as KITTI's improved truth is scored; null = protocol, else true"
    )
    baselines: bool = option(False, "score constant depth and the mean training depth map beside the model")
    trivial: bool | None = option(None, "rank by row, depth, constant, random, edges too; null = beside estimators")
    pictures: int = option(4, "panels of this many fixed images in validation and test")


@dataclass
class TrainerSettings:
    """How long and on what; names as in lightning.Trainer."""

    max_epochs: int = option(20, "passes over the training data")
    max_steps: int = option(-1, "optimiser steps, -1 = no limit")
    accelerator: str = option("auto", "auto, cpu, gpu, mps")
    devices: str = option("auto", "number of devices, several by number as 0,3, or auto")
    strategy: str = option("auto", "auto, ddp, ...")
    num_nodes: int = option(1, "machines")
    precision: str = option("32-true", "of training: 32-true, bf16-mixed or 16-mixed; evaluation is in float32")
    channels_last: bool = option(True, "keep the networks' weights in channels-last memory order, the faster one")
    accumulate: int = option(1, "batches per optimiser step")
    gradient_clip: float | None = option(None, "largest gradient norm, or value")
    gradient_clip_algorithm: str = option("norm", "norm (of all weights together) or value (of each)")
    val_every: int = option(1, "epochs between two validations")
    picture_every: int = option(1, "validations between two panels")
    log_every: int = option(10, "steps between two logged values")
    select_by: str = option("auto", "metric of the best checkpoint; auto = val/loss or, supervised, val/abs_rel")
    progress: bool = option(True, "show progress bars")


@dataclass
class LoggerSettings:
    """Where metrics go beside metrics.csv."""

    kind: str = option("csv", "csv or wandb")
    project: str = option("gradunc", "W&B project")
    mode: str = option("auto", "W&B: online, offline, disabled; auto = WANDB_MODE, else online with an API key")
    checkpoint: bool = option(True, "W&B: log the best checkpoint as artifact")


def _estimators() -> Any:
    return field(default_factory=dict, metadata={"help": "name -> gradient estimator (fields below)"})


@dataclass
class TrainConfig:
    """train.py: fit, then test on the best checkpoint."""

    name: str = option("run", "first folder of the run under `output`")
    output: str = option("runs", "folder of all runs")
    resume: str | None = option(None, "checkpoint to go on from, or auto = the newest run of this name")
    seed: int = option(0, "of weights, order and augmentation")
    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    uncertainty: dict[str, GradientSettings] = _estimators()
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    logger: LoggerSettings = field(default_factory=LoggerSettings)


@dataclass
class InferConfig:
    """infer.py: depth and uncertainty of images, or an evaluation on a data set."""

    checkpoint: str | None = option(None, "model: .ckpt, run or export folder, folder of published .pth files")
    architecture: str | None = option(None, "what the checkpoint must be; null = told by its keys")
    head: str | None = option(None, "published files: disparity (default) or depth (linear, metres)")
    source: str | None = option(None, "image, folder or glob")
    export: str | None = option(None, "PATH.onnx or PATH.pt2: write the estimator as a graph that needs no gradunc")
    study: str | None = option(None, "data: layers = rank every decoder layer x channel reduction in one pass")
    ood: str | None = option(None, "data set, folder or glob to tell apart from source= or data= (test split)")
    output: str = option("outputs", "folder of the results")
    skip_existing: bool = option(
        False, "source: keep what the same model and settings left in output (go on after a break)"
    )
    size: str | None = option(None, "network input HxW or native; null = the model's training size")
    device: str = option("auto", "source: auto, cpu, cuda, cuda:1, ... (data: trainer.accelerator)")
    data: DataSettings = field(default_factory=DataSettings)
    uncertainty: dict[str, GradientSettings] = _estimators()
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    logger: LoggerSettings = field(default_factory=LoggerSettings)


TRAIN_GROUPS = {
    "data": "synthetic",
    "model": "monodepth2",
    "objective": "mono",
    "uncertainty": "gradient",
    "trainer": "default",
    "logger": "csv",
}
"""Groups of train.py and what they are without a choice."""

INFER_GROUPS = {"data": None, "uncertainty": "gradient", "trainer": "default", "logger": "csv"}
"""Groups of infer.py; without `data` it reads `source`."""

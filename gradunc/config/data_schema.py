"""The options of data: one section for each data set, and what all of them share."""

from dataclasses import dataclass, field
from typing import Any

from gradunc.options import option


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

"""The calibration of one date of KITTI raw, seen from one of its cameras."""

from dataclasses import dataclass
from pathlib import Path

from gradunc.data.formats import kitti
from gradunc.data.formats.kitti import Matrix, Side


@dataclass(frozen=True)
class Rig:
    """What the calibration of one date says about one target camera; None where it was not asked for."""

    intrinsics: Matrix
    """(3,3) in pixels of `native_size`."""
    native_size: tuple[int, int]
    stereo: Matrix | None
    """(4,4) target camera to the other one [m]."""
    velodyne: Matrix | None
    """(3,4) Velodyne points to homogeneous pixels."""
    imu: Matrix | None
    """(4,4) inertial unit to target camera [m]."""


def read_rig(folder: Path, side: Side, *, stereo: bool, velodyne: bool, imu: bool) -> Rig:
    """Read the calibration of one date; InputError for a file or key that is needed and missing."""
    cameras = kitti.read_calibration(folder / kitti.CAMERA_FILE)
    target = kitti.projection(cameras, side)

    def laser() -> kitti.CalibrationFile:
        return kitti.read_calibration(folder / kitti.VELODYNE_FILE)

    def unit() -> kitti.CalibrationFile:
        return kitti.read_calibration(folder / kitti.IMU_FILE)

    return Rig(
        intrinsics=target[:, :3],
        native_size=kitti.image_size(cameras, side),
        stereo=kitti.stereo_transform(target, kitti.projection(cameras, kitti.OTHER_SIDE[side])) if stereo else None,
        velodyne=kitti.velodyne_projection(cameras, laser(), side) if velodyne else None,
        imu=kitti.imu_to_camera(cameras, laser(), unit(), side) if imu else None,
    )

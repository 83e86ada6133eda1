"""Files that name other files: nothing else is opened, be it a FIFO, a secret or an address."""

import av
import h5py
import numpy as np
import pytest

from gradunc.data.formats import nyu
from gradunc.data.formats.video import Video
from gradunc.errors import InputError
from tests.data.special_files import in_time
from tests.data.videos import pan, write_video

RGB = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def external_link(file: h5py.File, other: str) -> None:
    file["rgb"] = h5py.ExternalLink(other, "rgb")


def soft_link(file: h5py.File, other: str) -> None:
    file["elsewhere"] = h5py.ExternalLink(other, "/")
    file["rgb"] = h5py.SoftLink("/elsewhere/rgb")


def external_storage(file: h5py.File, other: str) -> None:
    file.create_dataset("rgb", shape=RGB.shape, dtype=np.uint8, external=[(other, 0, RGB.size)])


def virtual(file: h5py.File, other: str) -> None:
    layout = h5py.VirtualLayout(shape=RGB.shape, dtype=np.uint8)
    layout[:] = h5py.VirtualSource(other, "rgb", shape=RGB.shape)
    file.create_virtual_dataset("rgb", layout)


@pytest.mark.parametrize("refer", [external_link, soft_link, external_storage, virtual])
def test_hdf5(tmp_path, refer):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["rgb"] = RGB
    np.testing.assert_array_equal(nyu.read_fastdepth(tmp_path / "other.h5", "rgb"), RGB)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        refer(file, str(tmp_path / "other.h5"))
        assert file["rgb"].shape == RGB.shape, "h5py follows it"
    with (
        pytest.raises(InputError, match=r"'rgb' of '.*a\.h5' (is a link to another place|lies in another file)"),
        in_time(),
    ):
        nyu.read_fastdepth(tmp_path / "a.h5", "rgb")


def test_a_playlist_is_no_video(tmp_path):
    write_video(tmp_path / "part.mkv", pan([0, 6, 12, 18]))
    path = tmp_path / "a.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.mkv\n#EXT-X-ENDLIST\n")
    with av.open(str(path)) as container:
        assert container.format.name == "hls", "FFmpeg takes it"
    with pytest.raises(InputError, match="cannot read video"):
        next(Video(path).pictures())
    assert len(list(Video(tmp_path / "part.mkv").pictures())) >= 4

import numpy as np
import pytest

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.sets.video.frames import divide_videos, extract_all, find_videos, video_frames
from gradunc.data.sets.video.lens import assumed_lens, check_lens, focal_length, lens_intrinsics
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError
from gradunc.types import SPLITS
from tests.data.videos import pan, write_video

ALL = Division(1, 0, 0)
SIZE = (96, 128)


@pytest.fixture
def clip(tmp_path):
    return write_video(tmp_path / "clip.mkv", pan([0, 5, 10, 15]) + pan([0, 5, 10, 15, 20], seed=1))


def frames_of(root, cache, frames=(-1, 1), options=VideoSettings(), division=ALL, split="train"):  # noqa: B008 - frozen
    videos, _ = extract_all(str(root), VideoSettings(min_motion=0.02), cache)
    return video_frames(videos, split, frames, options, division)


def test_samples_have_neighbours_of_the_same_scene(clip, tmp_path):
    frames = frames_of(clip, tmp_path / "cache")
    names = [[int(view.path.stem) for view in (frame.image, *frame.sources)] for frame in frames]
    assert names == [[1, 0, 2], [2, 1, 3], [5, 4, 6], [6, 5, 7], [7, 6, 8]]
    assert [frame.sequence for frame in frames] == ["clip.mkv/0"] * 2 + ["clip.mkv/1"] * 3
    sample = FrameDataset(frames, SIZE)[0]
    assert "depth" not in sample
    assert sample["source_pose"].isnan().all()
    expected = pan([0, 5, 10, 15])[2].mean(-1)
    assert np.abs(sample["sources"][1].float().mean(0).numpy() - expected).mean() < 5  # JPEG


def test_cameras():
    # A field of view of 90 degrees: the half width is as far away as it is wide.
    assert lens_intrinsics(VideoSettings(hfov=90), SIZE).tolist() == [[64, 0, 63.5], [0, 64, 47.5], [0, 0, 1]]
    assert lens_intrinsics(VideoSettings(hfov=90), (128, 96))[0].tolist() == [48, 0, 47.5]
    assert lens_intrinsics(VideoSettings(focal=100), SIZE)[1].tolist() == [0, 100, 47.5]
    assert focal_length(VideoSettings(), SIZE) == focal_length(VideoSettings(), (128, 96)) == pytest.approx(64 * 3**0.5)
    assert [one.value for one in assumed_lens(VideoSettings())] == ["field of view 60 degrees"]
    assert assumed_lens(VideoSettings(focal=1)) == assumed_lens(VideoSettings(hfov=1)) == ()
    with pytest.raises(InputError, match="set one of them"):
        check_lens(VideoSettings(focal=1, hfov=1))


def test_the_camera_of_pictures_that_were_shrunk(clip, tmp_path):
    videos, _ = extract_all(str(clip), VideoSettings(min_motion=0.02, max_side=64), tmp_path / "c")
    frames = video_frames(videos, "train", (), VideoSettings(hfov=90), ALL)
    assert FrameDataset(frames, (48, 64))[0]["intrinsics"].tolist() == [[32, 0, 31.5], [0, 32, 23.5], [0, 0, 1]]


def test_portrait(tmp_path):
    path = write_video(tmp_path / "phone.mov", pan([0, 5, 10]), rotation=-90)
    [frame] = frames_of(path, tmp_path / "cache", options=VideoSettings(hfov=90))
    assert frame.native_size == (128, 96)
    assert FrameDataset([frame], (128, 96))[0]["intrinsics"][0].tolist() == [48, 0, 47.5]


def test_finding_videos(tmp_path):
    for name in ("b/2.mp4", "a.MOV", "notes.txt", ".hidden.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_videos(str(tmp_path)) == {"a.MOV": tmp_path / "a.MOV", "b/2.mp4": tmp_path / "b" / "2.mp4"}
    assert list(find_videos(str(tmp_path / "notes.txt"))) == ["notes.txt"]  # named, so whatever its suffix
    assert list(find_videos(str(tmp_path / "**" / "*.mp4"))) == ["2.mp4"]
    for root, text in ((tmp_path / "c.mp4", "is no video file"), (tmp_path / "*.avi", "no video in")):
        with pytest.raises(InputError, match=text):
            find_videos(str(root))


def test_whole_videos_are_divided_where_there_are_enough():
    lengths = {f"{name}/{part}": 10 for name in "abc" for part in range(4)}
    parts = {split: divide_videos(lengths, split, Division()) for split in SPLITS}
    owners = {split: {name[0] for name in part} for split, part in parts.items()}
    assert sorted(map(len, owners.values())) == [1, 1, 1]
    assert set.union(*owners.values()) == set("abc")
    assert all(len(part) == 4 for part in parts.values())


def test_one_video_is_divided_at_its_cuts_or_in_time():
    cuts = {f"a/{part}": 10 for part in range(4)}
    assert sum(len(divide_videos(cuts, split, Division())) for split in SPLITS) == 4
    assert divide_videos({"a/0": 10}, "test", Division()) == {"a/0": range(9, 10)}


def test_lists_name_videos_or_sequences():
    lengths = {"a/0": 3, "a/1": 4, "b/0": 5}
    lists = Division(["a"], ["b/0"], [])
    assert divide_videos(lengths, "train", lists) == {"a/0": range(3), "a/1": range(4)}
    assert divide_videos(lengths, "val", lists) == {"b/0": range(5)}
    with pytest.raises(InputError, match=r"unknown sequence in data\.division\.train 'c'"):
        divide_videos(lengths, "val", Division(["c"], [], []))


def test_messages(clip, tmp_path):
    def message(**options):
        with pytest.raises(InputError) as caught:
            frames_of(**{"root": clip, "cache": tmp_path / "cache", **options})
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "data=video has one camera: the source view 's'" in message(frames=("s",))
    text = message(frames=(-4, 4))
    assert "has all the neighbours [-4, 4] (clip.mkv: 9 of 9 pictures kept in 2 sequence(s)" in text
    assert text.endswith(
        "): it needs 9 successive pictures of one sequence; take a longer film, set data.division with a larger share "
        "for train"
    )
    (tmp_path / "empty.mp4").touch()
    assert "the file is empty" in message(root=tmp_path / "empty.mp4")


def test_pictures_without_motion_are_named_where_neighbours_lack(tmp_path):
    """A camera that stands still after its second picture: two are kept."""
    film = write_video(tmp_path / "still.mkv", pan([0, 5, 5, 5, 5]))
    with pytest.raises(
        NoNeighbours, match=r"3 without motion.* or lower data\.video\.min_motion=0\.02: it leaves"
    ) as error:
        frames_of(film, tmp_path / "cache", options=VideoSettings(min_motion=0.02))
    assert "\n" not in str(error.value)


def test_a_short_film_can_be_trained_and_validated(tmp_path):
    """0.8 and 0.9 of 7 pictures are both 6: nothing for validation, one for the test, which asks for no neighbours."""
    film = write_video(tmp_path / "short.mkv", pan([5 * step for step in range(7)]))
    for split, asked, place in (("train", (-1, 1), 1), ("val", (-1, 1), 4), ("test", (), 6)):
        (frame,) = frames_of(film, tmp_path / "cache", asked, division=Division(), split=split)
        assert int(frame.image.path.stem) == place


def test_films_that_cannot_be_read_are_named_and_left_out(clip, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"not a film" * 100)
    with pytest.raises(InputError, match=r"bad\.mp4"):
        extract_all(str(tmp_path), VideoSettings(min_motion=0.02), tmp_path / "cache")
    videos, (note,) = extract_all(str(tmp_path), VideoSettings(min_motion=0.02), tmp_path / "cache", strict=False)
    assert list(videos) == ["clip.mkv"]
    assert note.text.startswith(f"cannot read video '{tmp_path / 'bad.mp4'}'")
    assert note.text.endswith("; it is left out")
    clip.unlink()
    with pytest.raises(InputError, match="cannot read video"):
        extract_all(str(tmp_path), VideoSettings(min_motion=0.02), tmp_path / "cache", strict=False)

"""What every data set takes from the interface: the cache of resized images, root and division, words."""

from pathlib import Path

import pytest

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frame_cache import CachedFrames
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.folder.dataset import Folder
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.data.settings import CommonSettings, DivisionSettings
from gradunc.errors import InputError
from tests.data.sets.folder.helpers import write_sequence
from tests.data.sets.toy import Toy, ToySettings

SIZE = (12, 16)


def folder(root: Path, **common: object) -> Folder:
    return Folder(CommonSettings(root=str(root), **common), FolderSettings())


@pytest.mark.parametrize("wanted", [True, False])
def test_resized_images_are_kept_where_that_is_asked_for(tmp_path: Path, wanted: bool) -> None:
    write_sequence(tmp_path / "walk", 5)
    data = folder(tmp_path / "walk", frame_cache=wanted, cache=str(tmp_path / "cache"), workers=3)
    opened = data.open("test", SIZE)
    assert type(opened) is (CachedFrames if wanted else FrameDataset)
    assert opened[0]["image"].shape == (3, *SIZE)
    assert (tmp_path / "cache" / "frames").is_dir() == wanted
    assert not isinstance(data.read("test", SIZE, ()), CachedFrames)


def test_what_is_no_recording_is_not_cached(tmp_path: Path) -> None:
    common = CommonSettings(frame_cache=True, cache=str(tmp_path / "cache"))
    assert len(Toy(common, ToySettings()).open("test", SIZE)) == 4  # pyright: ignore[reportArgumentType]
    assert not (tmp_path / "cache").exists()


def test_the_root_is_asked_for_in_the_words_of_the_data_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^data\.root is missing: a folder with images/"):
        Folder(CommonSettings(), FolderSettings()).root()
    (tmp_path / "walk").mkdir()
    with pytest.raises(InputError) as error:
        folder(tmp_path / "wolk").root()
    assert str(error.value) == (
        f"data.root='{tmp_path / 'wolk'}' is no folder; nearest: '{tmp_path / 'walk'}'; it should be {Folder.holds}"
    )
    assert folder(tmp_path / "walk").root() == tmp_path / "walk"
    (tmp_path / "walk.mp4").touch()
    with pytest.raises(InputError, match=r"walk\.mp4' is no folder; it should be .*; a film is read with data=video$"):
        folder(tmp_path / "walk.mp4").root()


def test_shares_and_lists_become_a_division(tmp_path: Path) -> None:
    assert folder(tmp_path, division=DivisionSettings(1, 0, 0, 3, 2)).division() == Division(1.0, 0.0, 0.0, 3, 2)
    lists = folder(tmp_path, division=DivisionSettings(["a", 7], [], ["b"])).division()
    assert lists.shares == (["a", "7"], [], ["b"])
    for wrong in (True, "all", None):
        with pytest.raises(InputError, match=rf"data\.division\.val={wrong} must be a share in \[0,1\]"):
            folder(tmp_path, division=DivisionSettings(0.5, wrong, 0.1)).division()


def test_without_truth_is_a_copy(tmp_path: Path) -> None:
    data = folder(tmp_path)
    without = data.without_truth()
    assert isinstance(without, RecordedDataSet)
    assert (without.options.ground_truth, data.options.ground_truth) == (False, True)
    assert without.common is data.common

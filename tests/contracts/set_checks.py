"""What every data set must keep to; a check fails by AssertionError. They get a data set whose files are there."""

from collections.abc import Callable

from gradunc.data.interface import AnyDataSet

SIZE = (32, 64)
Check = Callable[[AnyDataSet], None]


def check_samples(data: AnyDataSet) -> None:
    """Image, index, path and, unless every image is a scene of its own, scene; the same again when asked again."""
    opened = data.open("test", SIZE)
    assert len(opened) > 0  # pyright: ignore[reportArgumentType]
    for _ in range(2):
        sample = opened[0]
        assert sample["image"].shape == (3, *SIZE)
        assert sample["index"].item() == 0
        assert isinstance(sample["path"], str)
        assert isinstance(sample.get("scene", "another for each image"), str)
        assert "sources" not in sample


def check_default_frames(data: AnyDataSet) -> None:
    """The source views that it says it has are there, in one tensor in that order."""
    frames = data.default_frames
    sample = data.open("test", SIZE, frames)[0]
    if frames:
        assert sample["sources"].shape == (len(frames), 3, *SIZE)  # pyright: ignore[reportTypedDictNotRequiredAccess]
        assert sample["source_pose"].shape == (len(frames), 4, 4)  # pyright: ignore[reportTypedDictNotRequiredAccess]


def check_truth(data: AnyDataSet) -> None:
    """True depth is there exactly if nothing is said to be missing."""
    for one in (data, data.without_truth()):
        sample = one.open("test", SIZE)[0]
        reason = one.missing_truth()
        assert ("depth" in sample) == (reason == ""), reason
        assert "\n" not in reason
        if "depth" in sample:
            depth, valid = sample["depth"], sample["valid"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
            assert depth.shape == valid.shape == (1, *depth.shape[-2:])
            assert (depth[valid] > 0).all()


def check_without_truth(data: AnyDataSet) -> None:
    """It is another data set or the same, but never a change of the one that was asked."""
    before = data.missing_truth()
    without = data.without_truth()
    assert data.missing_truth() == before
    if without is not data:
        assert without.missing_truth() != ""
        assert "depth" not in without.open("test", SIZE)[0]


def check_answers(data: AnyDataSet) -> None:
    """Words for tables and messages."""
    assert isinstance(data.truth_kind, str)
    assert isinstance(data.truth_label, str)
    message = str(data.needs_truth("x"))
    assert message == (f"supervised training needs true depth, but x, or choose objective={data.photometric_objective}")


CHECKS: list[Check] = [check_samples, check_default_frames, check_truth, check_without_truth, check_answers]

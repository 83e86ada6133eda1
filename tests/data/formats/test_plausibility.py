import numpy as np
import pytest

from gradunc.data.formats.plausibility import ANY, check_unit
from gradunc.errors import InputError


def test_good_depth_passes_untouched():
    depth = np.array([[0, 1], [2, 19]], np.float32)
    assert check_unit(depth, "a", "b") is depth


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1500, 0, 0], "depth 'a.png[3]' is 1.5e+03 m on average, not 0.1 to 20 m: wrong unit; set data.x.scale"),
        ([0.0015, 0, 0], "is 0.0015 m on average"),
        ([np.nan, 1, 1], "is NaN or infinite in 1 of 3 pixels; write 0 where it is unknown"),
        ([np.inf, 1, 1], "is NaN or infinite in 1 of 3"),
        ([-1, 1, 1], "has negative values (least -1 m)"),
        ([0, 0, 0], "has no known pixel; remove it and its image"),
    ],
)
def test_bad_depth(values, text):
    with pytest.raises(InputError) as caught:
        check_unit(np.array([values], np.float32), "a.png[3]", "data.x.scale")
    assert text in str(caught.value)


def test_only_known_pixels_count():
    """One known pixel of 30 m among a thousand unknown ones: the mean of all would pass."""
    depth = np.zeros((1, 1000), np.float32)
    depth[0, 0] = 30
    with pytest.raises(InputError, match="is 30 m on average"):
        check_unit(depth, "a", "b")
    check_unit(depth, "a", "b", ANY)

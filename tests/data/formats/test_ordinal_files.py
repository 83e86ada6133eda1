"""Files of pairs: what they say, and every mistake in them."""

from pathlib import Path

import pytest

from gradunc.data.formats.ordinal_files import read_ordinal
from gradunc.errors import InputError

HEAD = "x1,y1,x2,y2,order\n"


def test_pairs_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + "0,1, 2.5,3,nearer\n\n-0.5,0,3.5,1,further\n1,1,2,2,equal\n")
    assert read_ordinal(tmp_path / "a.csv", (4, 4)).tolist() == [
        [0.0, 1.0, 2.5, 3.0, 1.0],
        [-0.5, 0.0, 3.5, 1.0, -1.0],
        [1.0, 1.0, 2.0, 2.0, 0.0],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "must begin with x1,y1,x2,y2,order, not with ''"),
        ("0,1,2,3,nearer\n", "must begin with x1,y1,x2,y2,order"),
        (HEAD, "holds no pair"),
        (HEAD + "0,1,2,3,closer\n", "line 2: '0,1,2,3,closer' must be four numbers and one of nearer, further, equal"),
        (HEAD + "0,1,2,nearer\n", "line 2"),
        (HEAD + "0,1,2,3,equal\n0,a,2,3,equal\n", "line 3: '0,a,2,3' must be four numbers"),
        (HEAD + "0,1,2,3.6,equal\n", "line 2: y2=3.6 is beside an image of 6x4 pixels"),
        (HEAD + "1" * 200_000 + ",1,2,3,equal\n", "is no table of pairs: field larger than field limit"),
        (HEAD + "nan,1,2,3,equal\n", "line 2: x1=nan is beside"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError) as caught:
        read_ordinal(tmp_path / "a.csv", (4, 6))
    assert said in str(caught.value)
    assert "a.csv" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv"):
        read_ordinal(tmp_path / "a.csv", (4, 6))

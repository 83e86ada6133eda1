import struct

import numpy as np
import pytest

from gradunc.data.formats.pfm import read_pfm
from gradunc.errors import InputError
from tests.data.formats.pfm_files import write_pfm

VALUES = np.array([[1.5, np.inf, -2], [0, 3e-5, 7]], np.float32)


@pytest.mark.parametrize(("order", "scale"), [("<", "-1.0"), (">", "1"), ("<", "-0.003922")])
def test_rows_are_stored_from_the_bottom_in_either_byte_order(tmp_path, order, scale):
    """Written here by the definition of the format."""
    data = b"".join(struct.pack(f"{order}3f", *row) for row in VALUES[::-1])
    (tmp_path / "a.pfm").write_bytes(f"Pf\n3 2\n{scale}\n".encode() + data)
    read = read_pfm(tmp_path / "a.pfm")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, VALUES)


def test_written_files_are_read_back(tmp_path):
    write_pfm(tmp_path / "a.pfm", VALUES.astype(np.float64))
    assert (tmp_path / "a.pfm").read_bytes().startswith(b"Pf\n3 2\n-1\n")
    np.testing.assert_array_equal(read_pfm(tmp_path / "a.pfm"), VALUES)


def test_data_that_begins_with_a_white_byte(tmp_path):
    """0x20202020 as float: only one white space separates the header from the data."""
    spaces = np.frombuffer(b" " * 8, "<f4")[None]
    write_pfm(tmp_path / "a.pfm", spaces)
    np.testing.assert_array_equal(read_pfm(tmp_path / "a.pfm"), spaces)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "does not exist"),
        (b"PF\n1 1\n-1\n" + bytes(12), "is no gray PFM file"),
        (b"\x89PNG", "is no gray PFM file"),
        (b"Pf\n2 2\n-1\n" + bytes(15), "is damaged: 15 bytes after the header, not 2x2 float32"),
    ],
)
def test_broken_files(tmp_path, content, text):
    if content is not None:
        (tmp_path / "a.pfm").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_pfm(tmp_path / "a.pfm")
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)

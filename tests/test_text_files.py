import codecs
import json

import pytest

from gradunc.errors import InputError
from gradunc.text_files import read_json, read_lines, read_text


def refusal(read, path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path, "list")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_byte_order_mark_is_no_content(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(codecs.BOM_UTF8 + "1 é\r\n\r\n2\n".encode())
    assert read_text(path, "list") == "1 é\r\n\r\n2\n"
    assert read_lines(path, "list") == ["1 é", "", "2"]
    path.write_bytes(codecs.BOM_UTF8 + b'{"a": [1, 2.5, null, true]}')
    assert read_json(path, "list") == {"a": [1, 2.5, None, True]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"1\n2\n3 \xe9\n", "list '{}' is no UTF-8 text: byte 0xe9 in line 3; save it as UTF-8"),
        (codecs.BOM_UTF8 + b"1\n\xff", "list '{}' is no UTF-8 text: byte 0xff in line 2; save it as UTF-8"),
        (b"1\n2\0 3", "list '{}' is no text: null character in line 2; take the original file"),
        ("1".encode("utf-16"), "cannot read list '{}': it is encoded as UTF-16; save it as UTF-8"),
        ("1".encode("utf-32"), "cannot read list '{}': it is encoded as UTF-32; save it as UTF-8"),
    ],
)
def test_what_is_no_text(tmp_path, content, text):
    path = tmp_path / "a.txt"
    assert refusal(read_text, path, content).startswith(text.format(path))
    assert refusal(read_lines, path, content).startswith(text.format(path))
    assert refusal(read_json, path, content).startswith(text.format(path))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ('{"fx": 1,\n"fy"}', "line 2 column 5"),
        ("[" * 100_000, "its brackets are nested too deep"),
        ('{"a":' * 100_000, "its brackets are nested too deep"),
        ('{"fx": 1e400}', "'fx' is no number: Infinity"),
        ('{"fx": -1e400}', "'fx' is no number: -Infinity"),
        ('{"K": [[1, 2], [3, NaN]]}', "'K' is no number: [[1, 2], [3, NaN]]"),
        ('{"a": {"fx": %s}}' % ("9" * 5000), "'fx' is no number: Infinity"),
    ],
)
def test_broken_json(tmp_path, content, text):
    path = tmp_path / "a.json"
    message = refusal(read_json, path, content.encode())
    assert message.startswith(f"cannot read list '{path}': ")
    assert text in message
    assert len(message) < 300


def test_whole_numbers_stay_exact(tmp_path):
    numbers = [2**53 + 1, -(10**200)]
    (tmp_path / "a.json").write_text(json.dumps({"a": numbers}))
    assert read_json(tmp_path / "a.json", "list") == {"a": numbers}


def test_the_size_is_asked_first(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff" * 11)
    with pytest.raises(InputError, match="has 11 bytes, more than the 10 that one can have"):
        read_text(tmp_path / "a.txt", "list", largest=10)

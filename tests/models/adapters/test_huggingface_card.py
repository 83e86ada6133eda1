"""What a model card says of the licence; of a card that says it in another way nothing is guessed."""

from pathlib import Path

import pytest

from gradunc.models.adapters.huggingface.card import licence_of


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n", "apache-2.0"),
        ("---\ntags:\n- depth\nlicense: 'mit'\n---\ntext", "mit"),
        ("---\nlicense: other\nlicense_name: apple-amlr\n---\n", "apple-amlr"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense: cc-by-nc-sa-4.0\n---\n", "cc-by-nc-sa-4.0, non-commercial"),
        ("# Title\nlicense: mit\n", None),
        ("---\nlicense: [a, b]\n---\n", None),
        ("---\nlicense: " + 100 * "x" + "\n---\n", None),
        ("", None),
    ],
)
def test_licence(card: str, licence: str | None, tmp_path: Path) -> None:
    assert licence_of(tmp_path) is None
    (tmp_path / "README.md").write_text(card)
    assert licence_of(tmp_path) == licence


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"---\nlicense: \xff\xfe\n---")
    assert licence_of(tmp_path) is None

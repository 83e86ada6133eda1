"""Which networks a manifest binds."""

import pytest

from gradunc.errors import InputError
from gradunc.files import write_json, write_text
from gradunc.uncertainty.empirical.manifest import ENSEMBLE, SNAPSHOTS, bound, read_manifest, write_manifest


def member(number: int, finished: bool = True) -> dict[str, object]:
    return {"path": f"member-{number}", "finished": finished}


@pytest.mark.parametrize("name", [ENSEMBLE, SNAPSHOTS])
def test_a_folder_or_its_file(tmp_path, name):
    path = write_manifest(tmp_path / name, {"kind": "test"}, [member(1), member(2, False), member(3)])
    for place in (tmp_path, path):
        found = bound(place)
        assert found.ready == [tmp_path / "member-1", tmp_path / "member-3"]
        assert found.waiting == ["member-2"]
        assert read_manifest(place)["kind"] == "test"


def test_a_folder_may_be_moved(tmp_path):
    write_manifest(tmp_path / "a" / ENSEMBLE, {}, [member(1)])
    (tmp_path / "a").rename(tmp_path / "b")
    assert bound(tmp_path / "b").ready == [tmp_path / "b" / "member-1"]


def test_a_folder_without_one(tmp_path):
    with pytest.raises(InputError, match=r"holds no ensemble.json .* no snapshots.json"):
        bound(tmp_path)


@pytest.mark.parametrize(
    "content", [[], {}, {"members": 3}, {"members": [1]}, {"members": [{"path": 1, "finished": True}]}]
)
def test_a_damaged_one(tmp_path, content):
    write_json(tmp_path / ENSEMBLE, content)
    with pytest.raises(InputError, match="has no list 'members'"):
        bound(tmp_path)


def test_no_json(tmp_path):
    write_text(tmp_path / ENSEMBLE, "{")
    with pytest.raises(InputError, match=r"manifest .*ensemble.json"):
        bound(tmp_path)

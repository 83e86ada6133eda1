"""`infer.py share hub=...`: what a hub refuses, and what is not replaced there."""

import json
import sys
from pathlib import Path

import pytest

from gradunc.models import export_model
from gradunc.sharing.upload import target_name, upload
from tests.helpers import Call, assert_one_error, tiny_model
from tests.sharing.played_hub import PlayedHub, Repository

FOLDER = {"README.md", "config.json", "model.safetensors"}
LEARNING = ("data.synthetic.val_scenes=2", "uncertainty=feature_density")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An export of its own, beside which something can be learned."""
    return export_model(tiny_model(), tmp_path / "model")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("others/street", ("hub=others/street refuses: your token may not write to 'others'", "hf auth login")),
        ("nobody/street", ("hub=nobody/street cannot be made: there is no user or organisation 'nobody'",)),
    ],
)
def test_a_hub_that_refuses_is_one_line(infer: Call, hub: PlayedHub, name: str, parts: tuple[str, ...]) -> None:
    assert_one_error(infer("share", f"hub={name}"), *parts)
    assert not hub.repositories


def test_no_login(infer: Call, hub: PlayedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    assert_one_error(infer("share", "hub=owner/street"), "hub=owner/street needs a login", "hf auth login", "HF_TOKEN")


def test_offline(infer: Call, hub: PlayedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert_one_error(infer("share", "hub=owner/street"), "HF_HUB_OFFLINE forbids it; unset HF_HUB_OFFLINE")
    assert not hub.asked


def test_no_network(infer: Call, hub: PlayedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert_one_error(infer("share", "hub=owner/street"), "hub=owner/street cannot be written to (ConnectError")


def test_a_broken_hub(infer: Call, hub: PlayedHub) -> None:
    hub.refuse = 400
    assert_one_error(infer("share", "hub=owner/street"), "hub=owner/street cannot be written to (", "try again")


def test_the_client_is_not_installed(infer: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", None)
    assert_one_error(infer("share", "hub=owner/street"), "not installed; run pip install 'gradunc[huggingface]'")


@pytest.mark.parametrize(("first", "then", "said"), [("false", "true", "public"), ("true", "false", "private")])
def test_who_sees_a_repository_is_not_changed(infer: Call, hub: PlayedHub, first: str, then: str, said: str) -> None:
    assert infer("share", "hub=owner/street", f"private={first}").code == 0
    before = dict(hub.files("owner/street"))
    outcome = infer("share", "checkpoint=sample", "hub=owner/street@v2", f"private={then}")
    assert outcome.code == 2
    assert f"hub=owner/street@v2 is {said}, and nothing was sent" in outcome.err
    assert hub.repositories["owner/street"].branches == {"main": before}
    assert infer("share", "hub=owner/street", f"private={first}").code == 0


OTHERS = b'{"architectures": ["GLPNForDepthEstimation"]}'


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({"config.json": OTHERS}, "config.json"),
        ({"README.md": b"", "model_index.json": b"{}"}, "model_index.json"),
        ({"README.md": b"", "model.safetensors": b""}, "model.safetensors"),
    ],
)
@pytest.mark.parametrize("branch", ["", "@main", "@new", "@v2"])
def test_a_network_of_another_program_is_not_replaced(
    infer: Call, hub: PlayedHub, files: dict[str, bytes], first: str, branch: str
) -> None:
    """Of a branch that is not there its content would be that of the main one."""
    held = {"main": dict(files), "v2": dict(files)} if branch == "@v2" else {"main": dict(files)}
    hub.repositories["owner/street"] = Repository(False, {name: dict(content) for name, content in held.items()})
    outcome = infer("share", f"hub=owner/street{branch}")
    assert_one_error(outcome, f"hub=owner/street{branch} holds files of another program ('{first}'), and nothing was")
    assert hub.repositories["owner/street"].branches == held


def test_what_is_replaced_is_that_of_the_branch(infer: Call, hub: PlayedHub) -> None:
    assert infer("share", "hub=owner/street").code == 0
    branches = hub.repositories["owner/street"].branches
    branches["theirs"] = {"config.json": OTHERS}
    assert_one_error(infer("share", "hub=owner/street@theirs"), "holds files of another program ('config.json')")
    branches["ours"], branches["main"] = branches["main"], {"config.json": OTHERS}
    branches["ours"]["notes.txt"] = b"mine"
    assert infer("share", "hub=owner/street@ours").code == 0
    assert branches["ours"]["notes.txt"] == b"mine"


def test_a_repository_that_the_hub_has_just_made(infer: Call, hub: PlayedHub) -> None:
    hub.repositories["owner/street"] = Repository(False, {"main": {".gitattributes": b"", "README.md": b"# new"}})
    assert infer("share", "hub=owner/street").code == 0
    assert set(hub.files("owner/street")) == {*FOLDER, ".gitattributes"}


def test_no_other_file_is_sent(model: Path, tmp_path: Path, hub: PlayedHub) -> None:
    for name in ("notes.txt", "benchmark.png", "uncertainty/notes.txt", "uncertainty/theirs.safetensors"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("mine")
    upload(model, target_name("owner/street"), private=None, message="one")
    assert set(hub.files("owner/street")) == FOLDER - {"README.md"}


def test_what_an_earlier_call_has_sent_and_this_has_not_goes(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path, hub: PlayedHub
) -> None:
    """The figure of other results, and what older weights have learned; never a file that no call has sent."""
    shown = f"results={figures(tmp_path / 'eval')}"
    assert infer("fit", f"checkpoint={model}", *synthetic, *LEARNING).code == 0
    assert infer("share", f"checkpoint={model}", "hub=owner/street", shown).code == 0
    files = hub.files("owner/street")
    (learned,) = [name for name in files if name.startswith("uncertainty/")]
    assert set(files) == {*FOLDER, "sparsification.png", learned}
    theirs = {"benchmark.png": b"mine", "uncertainty/theirs.safetensors": b"mine", "notes.txt": b"mine"}
    files.update(theirs)
    assert infer("share", f"checkpoint={model}", "hub=owner/street").code == 0
    assert set(files) == {*FOLDER, learned, *theirs}
    (model / learned).unlink()
    assert infer("share", f"checkpoint={model}", "hub=owner/street", shown).code == 0
    assert set(files) == {*FOLDER, "sparsification.png", *theirs}
    assert {name: files[name] for name in theirs} == theirs
    # A new branch begins as a copy of the main one.
    assert infer("share", f"checkpoint={model}", "hub=owner/street@v2").code == 0
    assert set(hub.files("owner/street", "v2")) == {*FOLDER, *theirs}


def test_a_description_that_lists_files_of_others_removes_none(infer: Call, model: Path, hub: PlayedHub) -> None:
    assert infer("share", f"checkpoint={model}", "hub=owner/street").code == 0
    files = hub.files("owner/street")
    listed = {"figure": "notes.txt", "learned": ["../notes.txt", "notes.txt", 3, "*.safetensors"]}
    files["config.json"] = json.dumps(json.loads(files["config.json"]) | listed).encode()
    files |= {"notes.txt": b"", "uncertainty/notes.txt": b"", "uncertainty/a.safetensors": b""}
    before = set(files)
    assert infer("share", f"checkpoint={model}", "hub=owner/street").code == 0
    assert set(files) == before


def figures(folder: Path) -> Path:
    """A folder as of `evaluate`, with a figure."""
    folder.mkdir()
    result = {"protocol": "full range", "images": 1, "depth": {"model": {"abs_rel": 0.125}}, "uncertainty": {}}
    (folder / "metrics.json").write_text(json.dumps(result))
    (folder / "sparsification.png").write_bytes(b"a picture")
    return folder

"""What a run says of a network that is shared: how it was trained, and never where its files lie."""

import json
from pathlib import Path

import pytest

from gradunc import load_model
from gradunc.commands.share_facts import presets, recommended, run_of, training_of
from gradunc.config import TrainConfig, as_yaml, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.models import export_model
from tests.helpers import TINY, Call, tiny_model
from tests.models.adapters.huggingface_networks import depth_anything

SECRET = "/home/somebody/secret"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with a configuration and an export."""
    given = (
        *("data=folder", f"data.root={SECRET}", "data.train_fraction=0.25", "objective=supervised"),
        *("objective.losses={l1: 0.25, silog: 2}", "trainer.max_epochs=3", "data.batch_size=6"),
        f"model.weights={SECRET}/start.ckpt",
    )
    config = load(TrainConfig, TRAIN_GROUPS, parse([*TINY, *given], TRAIN_GROUPS))
    export_model(tiny_model(), tmp_path / "run" / "export")
    (tmp_path / "run" / "config.yaml").write_text(as_yaml(config, TRAIN_GROUPS))
    return tmp_path / "run"


def test_the_run_of_a_checkpoint(run: Path, tmp_path: Path) -> None:
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "last.ckpt").touch()
    (run / "deeper").mkdir()
    for inside in (run, run / "export", run / "checkpoints" / "last.ckpt"):
        assert run_of(inside) == run
    for outside in (tmp_path, run / "deeper", run / "checkpoints" / "missing.ckpt"):
        assert run_of(outside) is None


def test_how_it_was_trained(run: Path) -> None:
    told = training_of(run)
    assert told == {
        "data": "folder, 25% of the training split",
        "objective": "l1+silog: 0.25 l1, 2 silog",
        "start": "weights of start.ckpt",
        "optimiser": told["optimiser"],
        "length": "3 epochs at most, batches of 6",
        "seed": "0",
    }
    assert told["optimiser"].startswith("adam")


@pytest.mark.parametrize("text", ["", "a: [1", "seed: 3", "data: 3\nobjective: {}\nmodel: {}\ntrainer: {}"])
def test_a_configuration_of_another_version_says_nothing(run: Path, text: str) -> None:
    (run / "config.yaml").write_text(text)
    assert training_of(run) == {}


def test_no_folder_is_in_what_is_shared(infer: Call, run: Path, tmp_path: Path) -> None:
    outcome = infer("share", f"checkpoint={run}", "export=a")
    assert outcome.code == 0, outcome.err
    assert "note: the card says that the licence of the weights is unknown; licence=NAME states it" in outcome.err
    for file in (tmp_path / "here" / "a").iterdir():
        assert b"somebody" not in file.read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()
    assert "| length | 3 epochs at most, batches of 6 |" in (tmp_path / "here" / "a" / "README.md").read_text()
    again = infer("share", "checkpoint=a", "export=b")
    assert "note: a has a card of its own, and a new one was made; card=a/README.md keeps it" in again.err


def test_no_folder_is_in_a_network_of_hugging_face(infer: Call, tmp_path: Path) -> None:
    """Nor does the description of a network depend on how its folder is spelled."""
    folder = tmp_path / "somebody"
    # of the network, and of its backbone
    depth_anything().save_pretrained(folder)  # pyright: ignore[reportCallIssue]
    described = json.loads((folder / "config.json").read_text())
    described["backbone_config"]["_name_or_path"] = f"{SECRET}/backbone"
    (folder / "config.json").write_text(json.dumps(described))
    assert infer("share", f"checkpoint={folder}", "export=a").code == 0
    shared = tmp_path / "here" / "a"
    for file in shared.iterdir():
        assert b"somebody" not in file.read_bytes()
    assert load_model(shared).description() == load_model(folder).description()
    # An older export says it, and is read.
    older = json.loads((shared / "config.json").read_text())
    older["adapted"]["config"]["_name_or_path"] = SECRET
    (shared / "config.json").write_text(json.dumps(older))
    assert load_model(shared).description() == load_model(folder).description()


def test_a_path_in_any_setting_of_a_network_is_its_last_part(infer: Call, tmp_path: Path) -> None:
    folder = tmp_path / "somebody"
    depth_anything().save_pretrained(folder)  # pyright: ignore[reportCallIssue]
    described = json.loads((folder / "config.json").read_text())
    described["tokenizer_class"] = f"{SECRET}/words"
    described["backbone_config"]["more"] = {"files": [r"C:\somebody\a", "~/somebody/b", "me/network", "MIT / BSD"]}
    (folder / "config.json").write_text(json.dumps(described))
    assert infer("share", f"checkpoint={folder}", "export=a").code == 0
    shared = tmp_path / "here" / "a"
    for file in shared.iterdir():
        assert b"somebody" not in file.read_bytes()
    told = json.loads((shared / "config.json").read_text())["adapted"]["config"]
    assert told["tokenizer_class"] == "words"
    assert told["backbone_config"]["more"] == {"files": ["a", "b", "me/network", "MIT / BSD"]}
    load_model(shared)


def test_a_file_that_an_encoder_started_from_is_its_name(tmp_path: Path) -> None:
    model = tiny_model()
    model.settings.pretrained = f"{SECRET}/start.pth"  # pyright: ignore[reportAttributeAccessIssue]
    config = export_model(model, tmp_path / "a") / "config.json"
    assert json.loads(config.read_text())["model"]["pretrained"] == "start.pth"
    load_model(tmp_path / "a")


def test_presets() -> None:
    assert presets()["gradient"].options == recommended()
    assert recommended()["reference"] == ["flip", "scale"]
    assert presets()["gradient_published"].options["method"] == "gradient"
    assert not {"compare", "none", "posthoc"} & presets().keys()

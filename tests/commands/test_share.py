"""`infer.py share`: a folder, and a repository of a hub that is played on this machine."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file

from gradunc import load_model
from gradunc.models import export_model
from gradunc.uncertainty.descriptions import weights_of
from tests.helpers import Call, assert_one_error, files_in, random_images, tiny_model, write_images
from tests.models.adapters.huggingface_networks import glpn
from tests.sharing.played_hub import PlayedHub

FOLDER = {"README.md", "config.json", "model.safetensors"}
LEFT = ".gradunc-0123456789abcdef.part"
LEARNING = ("data.synthetic.val_scenes=2", "uncertainty=feature_density")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An export of its own, beside which something can be learned."""
    return export_model(tiny_model(), tmp_path / "model")


def depth(source: str | Path) -> torch.Tensor:
    with torch.no_grad():
        return load_model(source)(random_images()).depth


def card(folder: Path) -> Any:  # its class is typed by nothing
    return ModelCard.load(folder / "README.md")


def test_a_folder_is_the_network(infer: Call, model: Path, tmp_path: Path) -> None:
    outcome = infer("share", f"checkpoint={model}", "export=out/street")
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "here" / "out" / "street"
    assert files_in(folder) == FOLDER
    assert torch.equal(depth(folder), depth(model))
    assert load_file(folder / "model.safetensors").keys() == load_file(model / "model.safetensors").keys()
    found = card(folder)
    assert (found.data.library_name, found.data.pipeline_tag, found.data.license) == (
        "gradunc",
        "depth-estimation",
        "unknown",
    )
    assert found.data.eval_results is None
    for said in ("# street", "Not measured. `gradunc-infer evaluate checkpoint=street data=NAME`", "Unknown: nobody"):
        assert said in found.text


def test_figures_settings_and_licence_are_in_the_card(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path
) -> None:
    assert infer("evaluate", f"checkpoint={model}", *synthetic, f"output={tmp_path / 'eval'}").code == 0
    metrics = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    judged = {key: value for key, value in metrics["judged"].items() if key != "estimators"}
    expected = {"weights": weights_of(load_model(model)), "data": "synthetic", "split": "test", "size": "64x96"}
    assert judged == expected
    assert metrics["judged"]["estimators"]["gradient"]["reference"] == ["flip", "scale"]
    outcome = infer("share", f"checkpoint={model}", "export=a", f"results={tmp_path / 'eval'}", "licence=CC BY-NC 4.0")
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "here" / "a"
    assert files_in(folder) == {*FOLDER, "sparsification.png"}
    found = card(folder)
    assert found.data.license == "cc-by-nc-4.0"
    assert "**Not for commercial use.**" in found.text
    results = found.data.eval_results
    assert results is not None
    told = {one.metric_type: one.metric_value for one in results if one.metric_type != "ause_abs_rel"}
    assert told == {name: metrics["depth"]["model"][name] for name in told}
    assert {"abs_rel", "rmse", "a1"} <= told.keys()
    (area,) = [one for one in results if one.metric_type == "ause_abs_rel"]
    assert (area.dataset_type, area.dataset_split, area.metric_name) == (
        "synthetic",
        "test",
        "AUSE of abs_rel, gradient",
    )
    assert area.metric_value == metrics["uncertainty"]["gradient"]["ause_abs_rel"]
    for said in (
        "`synthetic`, test split: 3 images, shown at 64x96",
        "no intervals",
        f"| model | {metrics['depth']['model']['abs_rel']:.4f} |",
        "`uncertainty=gradient`",
        "scores without a unit",
        "Nothing was fitted",
    ):
        assert said in found.text, said
    # The licence goes on with the weights.
    again = infer("share", f"checkpoint={folder}", "export=b", "licence=mit")
    assert again.code == 2
    assert "the weights have the licence 'CC BY-NC 4.0, non-commercial', which stays; omit licence=mit" in again.err


def test_figures_of_other_weights_are_refused(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path
) -> None:
    other = export_model(tiny_model(1), tmp_path / "other")
    given = ("uncertainty=none", "evaluation.pictures=0", f"output={tmp_path / 'eval'}")
    assert infer("evaluate", f"checkpoint={other}", *synthetic, *given).code == 0
    outcome = infer("share", f"checkpoint={model}", "export=a", f"results={tmp_path / 'eval'}")
    assert_one_error(outcome, "are of other weights than checkpoint=")
    assert not files_in(tmp_path / "here")


def test_pushed_and_pulled_it_predicts_the_same_with_what_was_learned(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path, hub: PlayedHub
) -> None:
    assert infer("fit", f"checkpoint={model}", *synthetic, *LEARNING).code == 0
    (photo,) = write_images(tmp_path / "photos", [(60, 90)])
    given = (str(photo), "uncertainty=feature_density")
    assert infer("predict", f"checkpoint={model}", *given, f"output={tmp_path / 'before'}").code == 0

    outcome = infer("share", f"checkpoint={model}", "hub=owner/street", "private=true")
    assert outcome.code == 0, outcome.err
    assert f"{hub.address}/owner/street: private, commit " in outcome.out
    (learned,) = [name for name in hub.files("owner/street") if name not in FOLDER]
    assert learned.startswith("uncertainty/feature_density-")
    text = hub.files("owner/street")["README.md"].decode()
    assert "checkpoint=hf:owner/street" in text
    assert "method feature_density, learned from synthetic val, 2 images" in text

    shutil.rmtree(model)
    pulled = infer("predict", "checkpoint=hf:owner/street", *given, f"output={tmp_path / 'after'}")
    assert pulled.code == 0, pulled.err
    for kind in ("depth", "uncertainty"):
        before, after = (np.load(tmp_path / one / f"{photo.name}.{kind}.npy") for one in ("before", "after"))
        np.testing.assert_array_equal(before, after)

    # All is in the cache: nothing is asked again, and no warning on image processors is due.
    hub.asked.clear()
    listed = infer("layers", "checkpoint=hf:owner/street")
    assert (listed.code, hub.asked) == (0, [])
    assert "preprocessor" not in pulled.err + listed.err

    # New weights have learned nothing yet, and the file of the old ones goes.
    other = export_model(tiny_model(1), tmp_path / "other")
    assert infer("share", f"checkpoint={other}", "hub=owner/street").code == 0
    assert set(hub.files("owner/street")) == FOLDER


def test_a_part_of_a_download_is_completed(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path, hub: PlayedHub
) -> None:
    assert infer("fit", f"checkpoint={model}", *synthetic, *LEARNING).code == 0
    assert infer("share", f"checkpoint={model}", "hub=owner/street").code == 0
    load_model("hf:owner/street")
    (learned,) = (tmp_path / "cache").rglob("uncertainty/*.safetensors")
    learned.unlink()
    load_model("hf:owner/street")
    assert learned.is_file()


def test_a_branch(infer: Call, model: Path, hub: PlayedHub) -> None:
    outcome = infer("share", f"checkpoint={model}", "hub=owner/street@v2", "export=copy")
    assert outcome.code == 0, outcome.err
    assert (hub.files("owner/street"), set(hub.files("owner/street", "v2"))) == ({}, FOLDER)
    assert "/owner/street/tree/v2: public" in outcome.out
    assert torch.equal(depth("hf:owner/street@v2"), depth(model))


def test_a_network_of_hugging_face_comes_back(infer: Call, tmp_path: Path, hub: PlayedHub) -> None:
    """Its class and configuration are in the export; transformers builds it."""
    folder = tmp_path / "glpn"
    glpn().save_pretrained(folder)  # pyright: ignore[reportCallIssue]
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    outcome = infer("share", f"checkpoint={folder}", "hub=owner/glpn")
    assert outcome.code == 0, outcome.err
    assert torch.equal(depth("hf:owner/glpn"), depth(folder))
    text = hub.files("owner/glpn")["README.md"].decode()
    for said in ("license: cc-by-nc-4.0", "GLPNForDepthEstimation of transformers", "**Not for commercial use.**"):
        assert said in text, said


def test_a_card_of_ones_own(infer: Call, model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("# Mine\n")
    assert infer("share", f"checkpoint={model}", "export=a", f"card={tmp_path / 'mine.md'}").code == 0
    assert (tmp_path / "here" / "a" / "README.md").read_text() == "# Mine\n"


def test_only_an_earlier_export_is_replaced(infer: Call, model: Path, tmp_path: Path) -> None:
    given, folder = ("share", f"checkpoint={model}", "export=a"), tmp_path / "here" / "a"
    assert infer(*given).code == 0
    assert_one_error(infer(*given), "export='a' holds an export already; give a new folder, or overwrite=true")
    assert infer(*given, "overwrite=true").code == 0
    (folder / "notes.txt").write_text("mine")
    assert_one_error(infer(*given, "overwrite=true"), "export='a' holds other files ('notes.txt'); give a new folder")
    assert files_in(folder) == {*FOLDER, "notes.txt"}
    (folder / "notes.txt").unlink()
    (folder / "uncertainty").mkdir()
    (folder / "uncertainty" / "notes.txt").write_text("mine")
    assert_one_error(infer(*given, "overwrite=true"), "holds other files ('uncertainty/notes.txt'); give a new folder")


@pytest.mark.parametrize("name", ["theirs.safetensors", "feature_density-{weights}-00000000.safetensors"])
def test_weights_of_others_beside_what_was_learned_are_other_files(
    infer: Call, model: Path, tmp_path: Path, name: str
) -> None:
    given, folder = ("share", f"checkpoint={model}", "export=a"), tmp_path / "here" / "a"
    assert infer(*given).code == 0
    name = f"uncertainty/{name.format(weights=weights_of(load_model(model)))}"
    (folder / name).parent.mkdir()
    save_file({"weight": torch.zeros(2)}, folder / name)
    assert_one_error(infer(*given, "overwrite=true"), f"export='a' holds other files ('{name}'); give a new folder")
    assert files_in(folder) == {*FOLDER, name}


def test_what_was_learned_of_an_export_since_is_shared_with_it(
    infer: Call, synthetic: tuple[str, ...], model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "here" / "a"
    assert infer("share", f"checkpoint={model}", "export=a").code == 0
    assert infer("fit", "checkpoint=a", *synthetic, *LEARNING).code == 0
    (learned,) = files_in(folder) - FOLDER
    assert infer("share", "checkpoint=a", "export=a", "overwrite=true").code == 0
    assert files_in(folder) == {*FOLDER, learned}
    assert "Nothing was fitted" not in (folder / "README.md").read_text()
    # Of other weights it goes.
    other = export_model(tiny_model(1), tmp_path / "other")
    assert infer("share", f"checkpoint={other}", "export=a", "overwrite=true").code == 0
    assert files_in(folder) == FOLDER


def test_what_a_killed_call_has_left_is_no_other_file(infer: Call, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here" / "a"
    left = [folder / name for name in (LEFT, f"uncertainty/{LEFT}")]
    for arguments in ((), ("overwrite=true",)):  # before the first export was whole, and of a later one
        for file in left:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        outcome = infer("share", f"checkpoint={model}", "export=a", *arguments)
        assert (outcome.code, files_in(folder)) == (0, FOLDER), outcome.err


def test_the_folder_of_the_call_gives_its_name(infer: Call, model: Path, tmp_path: Path) -> None:
    assert infer("share", f"checkpoint={model}", "export=.").code == 0
    text = (tmp_path / "here" / "README.md").read_text()
    for said in ("# here\n", "predict checkpoint=here photo.jpg"):
        assert said in text, said


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("say where to: export=FOLDER, hub=ORG/NAME, or both",)),
        (("export=file",), ("export='file' is a file",)),
        (("export=a", "private=true"), ("private is for a repository of the hub",)),
        (("export=a", "results=nowhere"), ("'nowhere' holds no metrics.json and no benchmark.json",)),
        (("export=a", "results=r", "card=c"), ("omit one of both",)),
        (("export=a", "card=nowhere.md"), ("model card 'nowhere.md' does not exist",)),
        (("hub=street",), ("hub=street must be ORG/NAME or ORG/NAME@BRANCH",)),
        (("hub=owner/a--b",), ("must be ORG/NAME",)),
        (("hub=owner/a/b",), ("must be ORG/NAME",)),
        (("hub=owner/a@",), ("names no network of the hub",)),
        (("export=a", "to=x"), ("to belongs to infer.py export",)),
    ],
)
def test_wrong_usage_is_one_line_and_writes_nothing(
    infer: Call, tmp_path: Path, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    (tmp_path / "here" / "file").touch()
    assert_one_error(infer("share", *arguments), *parts)
    assert files_in(tmp_path) == {"here/file"}


def test_code_of_ones_own_is_not_shared(infer: Call, export: Path, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(f"import gradunc\ndef tiny():\n    return gradunc.load_model({str(export)!r})\n")
    outcome = infer("share", f"checkpoint={tmp_path / 'nets.py'}:tiny", "export=a")
    assert outcome.code == 2
    assert "is a network of your own code, which no export holds" in outcome.err
    assert not files_in(tmp_path / "here")

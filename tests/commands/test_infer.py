"""infer.py before a verb is run: which verb, its help, keys of other verbs, calls from before there were verbs."""

import subprocess
import sys

import pytest

from gradunc.commands.infer import main
from gradunc.commands.verbs import VERBS, command_of, verb_of
from gradunc.config import TrainConfig
from gradunc.config.keys import known_keys
from gradunc.errors import InputError
from tests.helpers import REPOSITORY, assert_one_error, files_in, write_images


@pytest.mark.parametrize("flags", [["--help"], ["-h"], ["checkpoint=M", "--help"]])
def test_help_lists_the_verbs(call, tmp_path, flags):
    outcome = call(main, *flags)
    assert (outcome.code, outcome.err) == (0, "")
    assert "usage: infer.py VERB" in outcome.out
    rows = [line.split(maxsplit=1) for line in outcome.out.splitlines() if line.startswith("  ")]
    assert [row[0] for row in rows] == list(VERBS)
    assert all(row[1].endswith(".") for row in rows)
    assert not files_in(tmp_path)


@pytest.mark.parametrize("name", VERBS)
def test_help_of_a_verb(call, tmp_path, name):
    outcome = call(main, name, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    has_default = name == "predict"
    assert f"usage: infer.py {name} {'[checkpoint=PATH]' if has_default else 'checkpoint=PATH'}" in outcome.out
    assert f"example: infer.py {name} checkpoint=" in outcome.out
    assert f"    checkpoint (str | None = {'sample' if has_default else 'null'})" in outcome.out
    assert "experiment" not in outcome.out
    assert not files_in(tmp_path)


@pytest.mark.parametrize("name", VERBS)
def test_the_example_of_a_verb_is_a_configuration(call, name):
    """All but the files of the example: its keys and their values are known."""
    verb = verb_of(name)
    outcome = call(main, name, *verb.example.split(), "--print-config")
    assert (outcome.code, outcome.err) == (0, "")
    assert "checkpoint: runs/kitti/export" in outcome.out
    assert callable(command_of(name))


def test_no_verb_has_keys_of_training():
    """What trains only is no key of a verb: an option that does nothing would be a lie."""
    of_training = {"seed", "resume", "model", "objective", "trainer.max_epochs", "trainer.precision"}
    assert of_training <= set(known_keys(TrainConfig))
    for name in VERBS:
        assert not of_training & set(known_keys(verb_of(name).schema)), name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("checkpoint=M source=x", "infer.py predict checkpoint=M source=x"),
        ("checkpoint=M photos/", "infer.py predict checkpoint=M photos/"),
        ("photos/ checkpoint=M", "infer.py predict photos/ checkpoint=M"),
        ("checkpoint=M source=x/*.png size=native", "infer.py predict checkpoint=M 'source=x/*.png' size=native"),
        ("checkpoint=M in", "infer.py predict checkpoint=M in"),
        ("checkpoint=M predict in", "infer.py predict checkpoint=M in"),
        ("checkpoint=M source=x trainer.progress=false", "infer.py predict checkpoint=M source=x progress=false"),
        ("checkpoint=M source=x trainer=cpu evaluation.pictures=0", "infer.py predict checkpoint=M source=x"),
        ("checkpoint=M source=x sorce=y", "infer.py predict checkpoint=M source=x sorce=y"),
        ("checkpoint=M source=x trainer.accelerator=gpu", "infer.py predict checkpoint=M source=x device=cuda"),
        ("checkpoint=M source=x trainer.max_epochs=3 evaluation.corp=a", "infer.py predict checkpoint=M source=x"),
        ("checkpoint=M data=kitti device=cpu", "infer.py evaluate checkpoint=M data=kitti trainer.accelerator=cpu"),
        (
            "checkpoint=M data=kitti device=cuda:1 progress=false",
            "infer.py evaluate checkpoint=M data=kitti trainer.accelerator=gpu trainer.devices=1, "
            "trainer.progress=false",
        ),
        ("checkpoint=M --list-layers trainer.accelerator=cpu progress=true", "infer.py layers checkpoint=M device=cpu"),
        ("checkpoint=M data.name=kitti", "infer.py evaluate checkpoint=M data.name=kitti"),
        ("checkpoint=M data=kitti study=layers", "infer.py study checkpoint=M data=kitti"),
        ("checkpoint=M data=kitti ood=x/", "infer.py ood checkpoint=M data=kitti other=x/"),
        ("checkpoint=M source=x ood=kitti", "infer.py ood checkpoint=M source=x other=kitti"),
        ("checkpoint=M export=a/b.onnx size=64x96", "infer.py export checkpoint=M to=a/b.onnx size=64x96"),
        ("checkpoint=M --list-layers size=32x64", "infer.py layers checkpoint=M size=32x64"),
        ("predict checkpoint=M --list-layers", "infer.py layers checkpoint=M"),
        ("evaluate checkpoint=M data=kitti study=layers", "infer.py study checkpoint=M data=kitti"),
        ("export checkpoint=M export=b.pt2", "infer.py export checkpoint=M to=b.pt2"),
        ("checkpoint=M export=folder", "infer.py share checkpoint=M export=folder"),
        ("predict checkpoint=M hub=a/b export=c", "infer.py share checkpoint=M hub=a/b export=c"),
        (
            "checkpoint=M",
            "infer.py VERB checkpoint=M, where VERB is predict, evaluate, benchmark, fit, study, ood, layers, export, "
            "share",
        ),
        ("mine.yaml checkpoint=M", "infer.py VERB mine.yaml checkpoint=M, where VERB is"),
        (
            "",
            "infer.py VERB, where VERB is predict, evaluate, benchmark, fit, study, ood, layers, export, share; see "
            "--help",
        ),
    ],
)
def test_a_call_without_a_verb_is_told_the_whole_call(call, tmp_path, typed, meant):
    write_images(tmp_path / "here" / "in")
    before = files_in(tmp_path)
    outcome = call(main, *typed.split())
    assert_one_error(outcome, f"say what to do: {meant}")
    assert "VERB" in meant or outcome.err == f"error: say what to do: {meant}\n"
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(("typed", "verb"), [("predct", "predict"), ("eval", "evaluate"), ("exprot", "export")])
def test_an_unknown_verb(call, typed, verb):
    assert_one_error(
        call(main, typed, "checkpoint=M", "source=x"), f"unknown verb '{typed}'; did you mean '{verb}'? (choices: "
    )


@pytest.mark.parametrize(
    ("verb", "argument", "message"),
    [
        ("predict", "evaluation.crop=garg", "evaluation.crop belongs to infer.py evaluate, benchmark, study; omit it"),
        ("predict", "data=kitti", "data belongs to infer.py evaluate, benchmark, fit, study, ood; omit it"),
        ("predict", "to=x.onnx", "to belongs to infer.py export; omit it"),
        (
            "ood",
            "trainer.progress=false",
            "trainer.progress belongs to infer.py evaluate, benchmark, study; infer.py ood calls it p",
        ),
        (
            "evaluate",
            "device=cpu",
            "device belongs to infer.py predict, fit, ood, layers; infer.py evaluate calls it trainer.accelerator",
        ),
        (
            "study",
            "progress=false",
            "progress belongs to infer.py predict, ood; infer.py study calls it trainer.progress",
        ),
        (
            "layers",
            "trainer.accelerator=cpu",
            "trainer.accelerator belongs to infer.py evaluate, benchmark, study; infer.py layers calls it device",
        ),
        ("layers", "progress=false", "progress belongs to infer.py predict, ood; omit it"),
        ("predict", "trainer.max_epochs=3", "unknown key 'trainer.max_epochs'"),
        ("predict", "evaluation.corp=garg", "unknown key 'evaluation.corp'"),
        ("layers", "uncertainty.a.sead=1", "unknown key 'uncertainty.a.sead'"),
        (
            "predict",
            "data.mixture.a.weight=1",
            "data.mixture.a.weight belongs to infer.py evaluate, benchmark, fit, study, ood",
        ),
        ("evaluate", "skip_existing=true", "skip_existing belongs to infer.py predict; omit it"),
        ("study", "evaluation.baselines=true", "evaluation.baselines belongs to infer.py evaluate; omit it"),
        (
            "layers",
            "uncertainty=none",
            "uncertainty belongs to infer.py predict, evaluate, benchmark, fit, study, ood, export; omit it",
        ),
        (
            "layers",
            "uncertainty.a.seed=1",
            "uncertainty.a.seed belongs to infer.py predict, evaluate, benchmark, fit, study, ood, export",
        ),
        ("export", "device=cpu", "device belongs to infer.py predict, fit, ood, layers; omit it"),
        ("evaluate", "experiment=demo", "experiment=demo belongs to train.py"),
        ("evaluate", "evaluation.corp=garg", "unknown key 'evaluation.corp'; did you mean 'evaluation.crop'?"),
        ("layers", "photos/", "'photos/' is neither key=value, group=name nor a .yaml file"),
    ],
)
def test_a_key_of_another_verb(call, tmp_path, verb, argument, message):
    assert_one_error(call(main, verb, "checkpoint=M", argument), message)
    assert not files_in(tmp_path)


def test_a_key_of_another_verb_in_a_file(call, tmp_path):
    (tmp_path / "mine.yaml").write_text("checkpoint: M\nevaluation: {crop: garg}\n")
    outcome = call(main, "predict", tmp_path / "mine.yaml", "in")
    assert_one_error(
        outcome, f"{tmp_path}/mine.yaml: evaluation belongs to infer.py evaluate, benchmark, study; omit it"
    )


def test_the_installed_command_names_itself(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["/env/bin/gradunc-infer"])
    with pytest.raises(InputError, match=r"say what to do: gradunc-infer layers checkpoint=M$"):
        main(["checkpoint=M", "--list-layers"])
    with pytest.raises(InputError, match=r"make maps of images with gradunc-infer predict$"):
        main(["evaluate", "checkpoint=M"])
    assert main(["layers", "--help"]) == 0
    assert "usage: gradunc-infer layers checkpoint=PATH" in capsys.readouterr().out


HEAVY = ("torch", "lightning", "timm", "torchmetrics", "wandb", "matplotlib")


@pytest.mark.parametrize("arguments", ["--help", "evaluate --help", "predict sorce=x", "source=x"])
def test_help_and_typos_import_nothing_heavy(tmp_path, arguments):
    assert heavy_imports("infer", arguments, tmp_path) == []


@pytest.mark.parametrize("arguments", ["--help", "objective.lr=1"])
def test_help_and_typos_of_training_import_nothing_heavy(tmp_path, arguments):
    assert heavy_imports("train", arguments, tmp_path) == []


def heavy_imports(command: str, arguments: str, folder) -> list[str]:
    """Which heavy packages a call has imported when it has printed what is wrong, or the help."""
    code = (
        f"import sys\nsys.argv = ['{command}.py', *{arguments.split()}]\n"
        f"from gradunc.commands.{command} import console\n"
        f"try:\n    console()\nfinally:\n    print('imported', *[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True
    )
    assert done.returncode in (0, 2), done.stderr
    return done.stdout.splitlines()[-1].split()[1:]

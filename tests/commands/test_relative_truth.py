"""Trainings whose parts know depth, disparity up to factor and shift, and pairs, from files to a checkpoint."""

import json
from csv import DictReader
from math import isfinite
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradunc.commands.infer import main as infer
from gradunc.commands.train import main
from gradunc.tools.check.command import main as check
from tests.helpers import Call, assert_one_error, picture

pytestmark = pytest.mark.slow

SIZE = (32, 64)
MIDAS = ("objective=midas", "model.head=relative", "objective.losses.ordinal=1")
TINY = ("model=lcnet", "model.size=[32,64]", "model.decoder_channels=[8,8,8,8,8]", "trainer=cpu", "logger=csv")
RUN = ("trainer.max_steps=3", "trainer.max_epochs=1", "trainer.log_every_n_steps=1", "output=runs", "name=mixed")


def write(root: Path, kind: str, count: int = 6) -> None:
    """Rows further down are nearer, in each kind of truth."""
    rows = np.linspace(1, 0.2, SIZE[0])[:, None] * np.ones(SIZE)
    for folder in ("images", kind):
        (root / folder).mkdir(parents=True)
    for i in range(count):
        Image.fromarray(picture(*SIZE, seed=i)).save(root / "images" / f"{i}.png")
        if kind == "depth":
            Image.fromarray((10_000 * rows + i).astype(np.uint16)).save(root / kind / f"{i}.png")
        elif kind == "disparity":
            Image.fromarray((50 / rows).astype(np.uint8)).save(root / kind / f"{i}.png")
        else:
            (root / kind / f"{i}.csv").write_text(f"x1,y1,x2,y2,order\n5,2,{9 + i},30,further\n3,{i},9,{i},equal\n")


def mixture(*kinds: str, **changes: object) -> str:
    """A file whose parts are folders `KIND` with truth of that kind; its name."""
    shares = {"train": 0.5, "val": 0.25, "test": 0.25}
    parts = {}
    for kind in kinds:
        write(Path(kind), kind)
        own = {"truth": kind, "depth_scale": 1000 if kind == "depth" else None}
        parts[kind] = {"name": "folder", "root": kind, "division": shares, "folder": own, **changes}
    content = {"defaults": {"data": "mixture"}, "data": {"mixture": parts, "batch_size": 3, "workers": 0}}
    Path("mine.yaml").write_text(json.dumps(content))
    return "mine.yaml"


@pytest.mark.parametrize("mixing", ["weights", "pareto"])
def test_three_kinds_in_one_batch(call: Call, mixing: str) -> None:
    how = f"objective.mixing={mixing}"
    outcome = call(main, mixture("depth", "disparity", "ordinal"), *TINY, *MIDAS, *RUN, how)
    assert outcome.code == 0, outcome.err
    (run,) = Path("runs").glob("mixed*")
    (metrics,) = run.rglob("metrics.csv")
    found = {key: float(value) for row in DictReader(metrics.open()) for key, value in row.items() if value}
    assert {"train/ordinal", "val/ordinal", "val/ssi_trimmed", "val/abs_rel", "test/abs_rel"} <= found.keys()
    assert all(map(isfinite, found.values()))
    assert list(run.rglob("*.ckpt"))


def test_relative_truth_alone_trains_and_is_not_evaluated(call: Call) -> None:
    write(Path("rel"), "disparity")
    data = ("data=folder", "data.root=rel", "data.folder.truth=disparity", "data.batch_size=2", "data.workers=0")
    shares = "data.division={train: 0.5, val: 0.25, test: 0.25}"
    outcome = call(main, *data, shares, *TINY, *MIDAS[:2], *RUN)
    assert outcome.code == 0, outcome.err
    (run,) = Path("runs").glob("mixed*")
    refused = call(infer, "evaluate", f"checkpoint={run}", *data, "output=out")
    assert_one_error(refused, "nothing to compare with: data.folder.truth=disparity is no depth")


@pytest.mark.parametrize(
    ("kinds", "arguments", "said"),
    [
        (["disparity"], ["objective=supervised_silog"], "no loss learns from data.folder.truth=disparity of"),
        (["depth", "disparity"], ["objective=supervised_berhu"], "of data.mixture.disparity; choose objective=midas"),
        (
            ["depth", "ordinal"],
            MIDAS[:2],
            "data.folder.truth=ordinal of data.mixture.ordinal; set objective.losses.ord",
        ),
        (["depth"], MIDAS, "objective.losses.ordinal learns from ordinal, which no training data has; set it to 0"),
        (["disparity"], [*MIDAS[:2], "trainer.select_by=val/abs_rel"], "select_by=val/abs_rel needs true depth"),
        (
            ["depth"],
            [*MIDAS[:2], "objective.mixing=pareto"],
            "objective.mixing=pareto weighs the parts of data=mixture",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(call: Call, kinds: list[str], arguments: list[str], said: str) -> None:
    assert_one_error(call(main, mixture(*kinds), *TINY, *arguments, *RUN), said)
    assert not Path("runs").exists()


def test_a_folder_that_is_missing_is_named(call: Call) -> None:
    write(Path("rel"), "depth")
    wrong = ("data=folder", "data.root=rel", "data.folder.truth=ordinal")
    assert_one_error(call(main, *wrong, *TINY, *MIDAS, *RUN), "has no folder ordinal/ beside images/; add one")


def test_a_look_at_the_data_says_what_it_leaves_out(call: Call) -> None:
    write(Path("rel"), "ordinal")
    outcome = call(check, "data=folder", "data.root=rel", "data.folder.truth=ordinal", "output=check.png")
    assert outcome.code == 0, outcome.err
    assert "depth: none; truth without metres, which is not looked at" in outcome.out

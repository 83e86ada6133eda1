"""`infer.py layers`."""

import pytest

from gradunc.models import load_model
from gradunc.uncertainty import list_layers
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.helpers import DATA, assert_one_error, files_in


def rows_of(printed: str) -> dict[str, list[str]]:
    """Name -> the other cells of its row."""
    table = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if line.startswith("│")]
    return {cells[1]: [cells[0], *cells[2:]] for cells in table}


def test_every_layer_with_its_cost(infer, export, tmp_path):
    outcome = infer("layers")
    assert outcome.code == 0, outcome.err
    rows, model = rows_of(outcome.out), load_model(export)
    assert list(rows) == [row.name for row in list_layers(model)]
    # The tiny network works on 64x96 and has 8 channels; block 9 stands at full, block 6 at a quarter resolution.
    assert rows["decoder.blocks.9.conv"][:3] == ["9", "ReflectConv", "8x64x96"]
    assert rows["decoder.blocks.6.conv"][:3] == ["6", "ReflectConv", "8x16x24"] or "8x32x48" in outcome.out
    shares = [float(cells[3]) for name, cells in rows.items() if name.startswith("decoder.blocks")]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 100 for share in shares)
    assert f"layers=auto would choose {automatic_layers(model, 'auto')[0]}" in outcome.out
    assert not files_in(tmp_path)


def test_another_size(infer):
    rows = rows_of(infer("layers", "size=32x64").out)
    assert rows["decoder.blocks.9.conv"][2] == "8x32x64"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["size=native"], ["size=native", "size=HxW"]),
        (["size=64"], ["size='64'"]),
        (["checkpoint=null"], ["checkpoint is missing"]),
    ],
)
def test_wrong_usage(infer, arguments, parts):
    assert_one_error(infer("layers", *arguments), *parts)


@pytest.mark.skipif(not (DATA / "rt_monodepth_s").is_dir(), reason=f"no RT-MonoDepth-S weights in {DATA}")
def test_a_published_network(infer):
    rows = rows_of(infer("layers", f"checkpoint={DATA / 'rt_monodepth_s'}").out)
    assert rows["decoder.blocks.6.conv"] == ["6", "ReflectConv", "16x96x320", "9.9"]
    assert rows["decoder.heads.0"] == ["8", "Conv2d", "1x192x640", "0.0"]

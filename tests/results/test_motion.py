import json
import math

from gradunc.results import show
from gradunc.results.motion import COLUMNS, motion_result
from gradunc.results.renderers.json_file import json_file

ROW = {column.name: 0.25 for column in COLUMNS} | {"sequence": "09", "frames": 7, "length_m": 21.04}
ROW |= {"ate_snippet_std": 0.125, "drift_percent": math.nan}


def test_the_spread_stands_in_the_cell_of_the_mean(capsys):
    result = motion_result([ROW], checkpoint="a.ckpt", alignment="scale", snippet=5)
    show(result)
    printed = capsys.readouterr().out
    for text in ("alignment scale", "ATE 5 frames [m]", "0.2500 ± 0.1250", " 21.0 ", " 7 ", " - "):
        assert text in printed
    content = json.loads(json_file(result)["metrics.json"])
    assert content["sequences"] == {
        "09": {key: value for key, value in ROW.items() if key != "sequence"} | {"drift_percent": None}
    }
    assert (content["checkpoint"], content["alignment"], content["snippet"]) == ("a.ckpt", "scale", 5)

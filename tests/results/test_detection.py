import json

from gradunc.metrics import DETECTION
from gradunc.results.detection import ADVICE, LOWER, Scores, Side, detection_result
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file


def side(name, *values):
    scored = [Scores(f"{name}/{number}.png", {"flip": {"mean": value}}) for number, value in enumerate(values)]
    return Side(name, scored, [])


def test_foreign_images_score_higher():
    result = detection_result(side("in", 1.0, 2.0), side("out", 3.0, 4.0, 5.0), {"size": [64, 96]})
    content = json.loads(json_file(result)["ood.json"])
    figures = content["results"]["flip"]["mean"]
    assert {name: figures[name] for name in DETECTION} == {"auroc": 1.0, "aupr": 1.0, "fpr95": 0.0}
    assert figures.keys() == set(DETECTION)
    assert "no intervals: n = 2 images is too small" in result.tables[0].title
    assert content["settings"] == {"size": [64, 96]}
    assert content["out_of_distribution"]["images"][2] == {"path": "out/2.png", "scores": {"flip": {"mean": 5.0}}}
    assert content["in_distribution"]["failed"] == []
    assert result.notes == ("in (2 images) against out (3 images)",)
    text = markdown_file(result)["ood.md"].decode()
    assert "| flip | mean | 1.0000 | 1.0000 | 0.0000 |" in text


def test_foreign_images_score_lower():
    """The advice is about losses, of which other scores than gradients have none."""
    familiar, foreign = side("in", 3.0, 4.0), side("out", 1.0, 2.0)
    assert detection_result(familiar, foreign, {}).notes[-1] == LOWER
    for one in (*familiar.scored, *foreign.scored):
        one.values["flip"]["loss"] = one.values["flip"]["mean"]
    assert detection_result(familiar, foreign, {}).notes[-1] == ADVICE


def test_intervals_and_what_was_left_out():
    """Frames of one film are drawn together; files of a folder one by one."""
    film = [Scores(f"{i}", {"flip": {"mean": float(i % 7)}}, f"film {i % 6}") for i in range(30)]
    folder = side("out", *[float(i) for i in range(8)])
    result = detection_result(Side("in", film, [{"image": "x", "reason": "a score is not finite"}]), folder, {})
    (table,) = result.tables
    assert "(95% bootstrap intervals over 6 scenes and 8 images)" in table.title
    assert result.notes[0] == "in (30 images, 1 left out) against out (8 images)"
    (row,) = table.rows
    for name in DETECTION:
        assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1
    assert f"{row['auroc']:.4f} [{row['auroc_low']:.3f}, {row['auroc_high']:.3f}]" in str(
        markdown_file(result)["ood.md"]
    )

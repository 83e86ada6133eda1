import json

from gradunc.results.detection import ADVICE, Scores, Side, detection_result
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file


def side(name, *values):
    scored = [Scores(f"{name}/{number}.png", {"flip": {"mean": value}}) for number, value in enumerate(values)]
    return Side(name, scored, [])


def test_foreign_images_score_higher():
    result = detection_result(side("in", 1.0, 2.0), side("out", 3.0, 4.0, 5.0), {"size": [64, 96]})
    content = json.loads(json_file(result)["ood.json"])
    assert content["results"] == {"flip": {"mean": {"auroc": 1.0, "aupr": 1.0, "fpr95": 0.0}}}
    assert content["settings"] == {"size": [64, 96]}
    assert content["out_of_distribution"]["images"][2] == {"path": "out/2.png", "scores": {"flip": {"mean": 5.0}}}
    assert content["in_distribution"]["failed"] == []
    assert result.notes == ("in (2 images) against out (3 images)",)
    text = markdown_file(result)["ood.md"].decode()
    assert "| flip | mean | 1.0000 | 1.0000 | 0.0000 |" in text


def test_foreign_images_score_lower():
    result = detection_result(side("in", 3.0, 4.0), side("out", 1.0, 2.0), {})
    assert result.notes[-1] == ADVICE

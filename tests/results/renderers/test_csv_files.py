from gradunc.results.renderers.csv_files import csv_files
from tests.results.helpers import RESULT


def test_the_whole_files():
    assert {name: content.decode() for name, content in csv_files(RESULT).items()} == {
        "depth.csv": "name,rmse,a1\nmodel,3.14159265,0.5\nmean|map,nan,1.0\n",
        "layers.csv": "layer,[bold]cost\nblocks.*,2.25\n,\nb,7\n",
        "plot.csv": "removed,mine,oracle\n0.0,3.0,3.0\n0.5,2.0,1.0\n1.0,0.0,0.0\n",
    }

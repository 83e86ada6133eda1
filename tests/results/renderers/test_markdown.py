from gradunc.results.renderers.markdown import markdown_file
from tests.results.helpers import RESULT

EXPECTED = r"""# Evaluation

Protocol: alignment median, Garg crop

## Depth (Garg crop; 2 images)

| name | rmse [m] ↓ | a1 ↑ |
| --- | ---: | ---: |
| model | 3.1416 | 0.50 |
| mean\|map | - | 1.00 |

## Layers

| layer | [bold]cost [forward passes] |
| --- | ---: |
| blocks.\* | 2.2 |
|  | - |
| b | 7.0 |

all of 3

2 images\*

![plot](plot.png)
"""


def test_the_whole_file():
    assert {name: content.decode() for name, content in markdown_file(RESULT).items()} == {"metrics.md": EXPECTED}

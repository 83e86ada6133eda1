import pytest

from gradunc.errors import InputError
from gradunc.models import build_model
from tests.helpers import tiny_settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "monodepth"}, "unknown model.architecture 'monodepth'; did you mean 'monodepth2'"),
        ({"size": [64]}, r"model.size=\[64\] must be \[height, width\]"),
        ({"size": [0, 96]}, "model.size"),
        ({"head": "disp"}, "unknown model.head 'disp'; did you mean"),
        ({"ambiguity": "none"}, "model.ambiguity='none'"),
        ({"min_depth": 0.0}, "0 < min < max"),
        ({"min_depth": 2.0, "max_depth": 1.0}, "0 < min < max"),
        ({"initial_depth": 200.0}, "model.initial_depth=200.0 must lie between 0.1 and 100.0 m"),
        ({"decoder_channels": [8, 8]}, "must be five widths"),
        ({"decoder_channels": [8, 8, 0, 8, 8]}, "decoder_channels"),
        ({"dropout": 1.0}, r"model.dropout=1.0 must be at least 0 and below 1"),
        ({"encoder": "resnt18"}, "resnet18"),
        ({"mean": [0.5]}, "model.mean"),
        ({"std": [0.5, 0.0, 0.5]}, "model.std"),
    ],
)
def test_settings_that_no_network_can_have(changes, message):
    with pytest.raises(InputError, match=message) as error:
        build_model(tiny_settings(**changes))
    assert "\n" not in str(error.value)

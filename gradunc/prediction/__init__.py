"""One image and its maps: what `gradunc.predict` and `infer.py predict` share.

The names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.prediction.one_call import predict
    from gradunc.prediction.prediction import Prediction

_WHERE = {"Prediction": "prediction", "predict": "one_call"}

__all__ = ["Prediction", "predict"]

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

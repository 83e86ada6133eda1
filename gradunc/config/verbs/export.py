"""`infer.py export`."""

from dataclasses import dataclass

from gradunc.config.estimators import estimators
from gradunc.config.verbs.network import SizedConfig
from gradunc.config.verbs.verb import Verb
from gradunc.options import PATH, option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class ExportConfig(SizedConfig):
    """One estimator as a file that needs neither gradunc nor autograd."""

    to: str | None = option(None, "PATH.onnx or PATH.pt2: the file that is written", rule=PATH)
    uncertainty: dict[str, EstimatorSettings] = estimators()


EXPORT = Verb(
    ExportConfig,
    {"uncertainty": "gradient"},
    "checkpoint=PATH (PATH.onnx | PATH.pt2) [size=HxW] [uncertainty=NAME|FILE.yaml] [key=value ...]",
    "checkpoint=runs/kitti/export to=depth.onnx size=192x640",
    bare="to",
)

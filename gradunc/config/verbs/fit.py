"""`infer.py fit`."""

from dataclasses import dataclass, field

from gradunc.config.estimators import estimators
from gradunc.config.verbs.network import SizedConfig
from gradunc.config.verbs.verb import Verb
from gradunc.data.settings import DataSettings
from gradunc.options import DEVICE, option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class FitConfig(SizedConfig):
    """Uncertainty methods that learn on the frozen network do so, and what they learn is kept beside the checkpoint."""

    again: bool = option(False, "learn anew what has been learned before from the same data")
    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...", rule=DEVICE)
    data: DataSettings = field(default_factory=DataSettings)
    uncertainty: dict[str, EstimatorSettings] = estimators()


FIT = Verb(
    FitConfig,
    {"data": None, "uncertainty": "gradient"},
    "checkpoint=PATH data=NAME uncertainty=NAME|FILE.yaml [key=value ...]",
    "checkpoint=runs/kitti/export data=kitti data.root=KITTI uncertainty=bayescap",
)

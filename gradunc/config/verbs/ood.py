"""`infer.py ood`."""

from dataclasses import dataclass, field

from gradunc.config.estimators import estimators
from gradunc.config.verbs.network import SizedConfig
from gradunc.config.verbs.source import every, limit
from gradunc.config.verbs.verb import Verb
from gradunc.data.settings import DataSettings
from gradunc.options import DEVICE, PATH, option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class OodConfig(SizedConfig):
    """How well scores of whole images distinguish familiar images from foreign ones."""

    source: str | None = option(None, "familiar images, as in predict; null = the test split of data=NAME", rule=PATH)
    other: str | None = option(None, "foreign images: a data set (its test split), or as in predict", rule=PATH)
    every: int = every()
    limit: int | None = limit()
    output: str = option("outputs", "folder of the results", rule=PATH)
    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...", rule=DEVICE)
    progress: bool = option(True, "show a progress bar")
    data: DataSettings = field(default_factory=DataSettings)
    uncertainty: dict[str, EstimatorSettings] = estimators()


OOD = Verb(
    OodConfig,
    {"data": None, "uncertainty": "gradient"},
    "checkpoint=PATH (FOLDER | GLOB | data=NAME) other=NAME|FOLDER|GLOB [uncertainty=NAME|FILE.yaml] [key=value ...]",
    "checkpoint=runs/kitti/export data=kitti data.root=KITTI other=photos/",
    bare="source",
)

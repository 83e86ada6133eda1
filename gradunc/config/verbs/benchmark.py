"""`infer.py benchmark`."""

from dataclasses import dataclass, field

from gradunc.config.sections import ProtocolSettings
from gradunc.config.verbs.dataset import DATASET_PASS_GROUPS, DatasetPassConfig
from gradunc.config.verbs.verb import Verb
from gradunc.options import option


@dataclass
class BenchmarkConfig(DatasetPassConfig):
    """All uncertainty methods that a network allows, compared in one pass over a data set with true depth."""

    checkpoints: list[str] = option([], "several networks, each as checkpoint; one table for all")
    evaluation: ProtocolSettings = field(default_factory=ProtocolSettings)


BENCHMARK = Verb(
    BenchmarkConfig,
    {**DATASET_PASS_GROUPS, "uncertainty": "posthoc"},
    "checkpoint=PATH|checkpoints=[PATH,...] data=NAME [uncertainty=NAME|FILE.yaml] [group=NAME ...] [key=value ...]",
    "checkpoint=runs/kitti/export data=kitti data.root=KITTI evaluation.protocol=eigen",
)

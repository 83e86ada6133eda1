"""`infer.py evaluate`."""

from dataclasses import dataclass, field

from gradunc.config.sections import EvaluationSettings
from gradunc.config.verbs.dataset import DATASET_PASS_GROUPS, DatasetPassConfig
from gradunc.config.verbs.verb import Verb


@dataclass
class EvaluateConfig(DatasetPassConfig):
    """Errors of depth and quality of uncertainty on a data set with true depth."""

    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)


EVALUATE = Verb(
    EvaluateConfig,
    DATASET_PASS_GROUPS,
    "checkpoint=PATH data=NAME [group=NAME ...] [key=value ...]",
    "checkpoint=runs/kitti/export data=kitti data.root=KITTI evaluation.protocol=eigen",
)

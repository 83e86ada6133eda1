"""`infer.py study`."""

from dataclasses import dataclass, field

from gradunc.config.sections import ProtocolSettings
from gradunc.config.verbs.dataset import DATASET_PASS_GROUPS, DatasetPassConfig
from gradunc.config.verbs.verb import Verb


@dataclass
class StudyConfig(DatasetPassConfig):
    """Which layer, channel reduction and reference rank errors best, from one pass over a data set."""

    evaluation: ProtocolSettings = field(default_factory=ProtocolSettings)


STUDY = Verb(
    StudyConfig,
    DATASET_PASS_GROUPS,
    "checkpoint=PATH data=NAME [uncertainty=NAME|FILE.yaml] [group=NAME ...] [key=value ...]",
    "checkpoint=runs/kitti/export data=kitti data.root=KITTI uncertainty.gradient.reference=[flip,gray]",
)

"""The configuration of train.py."""

from dataclasses import dataclass, field

from gradunc.config.chosen import Choice, chosen
from gradunc.config.ensemble import EnsembleSection
from gradunc.config.estimators import estimators
from gradunc.config.pseudo import PseudoSection
from gradunc.config.sections import EvaluationSettings, ObjectiveSettings
from gradunc.config.trainer import TrainerSettings
from gradunc.data.settings import DataSettings
from gradunc.loggers.settings import LoggerSettings
from gradunc.models.families import FAMILIES
from gradunc.models.families.monodepth2.settings import Monodepth2Settings
from gradunc.models.settings import ModelSettings
from gradunc.names import name_problem
from gradunc.options import PATH, SEED, Rule, option
from gradunc.uncertainty.settings import EstimatorSettings

NAME = Rule(lambda name: not name_problem(name), name_problem)
ARCHITECTURE = Choice("architecture", FAMILIES, "monodepth2")


@dataclass
class TrainConfig:
    """train.py: fit, then test on the best checkpoint."""

    name: str = option("run", "first folder of the run under `output`", rule=NAME)
    output: str = option("runs", "folder of all runs", rule=PATH)
    resume: str | None = option(None, "checkpoint or run to go on from; auto = the newest run of this name", rule=PATH)
    seed: int = option(0, "of weights, order and augmentation", rule=SEED)
    model: ModelSettings = chosen(ARCHITECTURE, Monodepth2Settings)
    data: DataSettings = field(default_factory=DataSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    uncertainty: dict[str, EstimatorSettings] = estimators()
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    ensemble: EnsembleSection = field(default_factory=EnsembleSection)
    pseudo: PseudoSection = field(default_factory=PseudoSection)
    logger: LoggerSettings = field(default_factory=LoggerSettings)


TRAIN_GROUPS = {
    "data": "synthetic",
    "model": "monodepth2",
    "objective": "mono",
    "uncertainty": "gradient",
    "trainer": "default",
    "logger": "csv",
}
"""Groups of train.py and what they are without a choice."""

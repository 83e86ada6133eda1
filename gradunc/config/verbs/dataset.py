"""A pass over the test split of a data set: what `evaluate` and `study` share."""

from dataclasses import dataclass, field

from gradunc.config.estimators import estimators
from gradunc.config.trainer import HardwareSettings
from gradunc.config.verbs.network import SizedConfig
from gradunc.data.settings import DataSettings
from gradunc.loggers.settings import LoggerSettings
from gradunc.options import PATH, option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class DatasetPassConfig(SizedConfig):
    """A network on the test split of a data set with true depth."""

    output: str = option("outputs", "folder of the results", rule=PATH)
    data: DataSettings = field(default_factory=DataSettings)
    uncertainty: dict[str, EstimatorSettings] = estimators()
    trainer: HardwareSettings = field(default_factory=HardwareSettings)
    logger: LoggerSettings = field(default_factory=LoggerSettings)


DATASET_PASS_GROUPS = {"data": None, "uncertainty": "gradient", "trainer": "default", "logger": "csv"}
"""Groups of both verbs."""

"""metrics.csv in the run folder."""

from lightning.pytorch.loggers import CSVLogger, Logger

from gradunc.loggers.kind import LoggerKind
from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings


class Csv(LoggerKind):
    """Numbers only: pictures and tables are files already."""

    lightning = CSVLogger

    def build(self, settings: LoggerSettings, info: RunInfo) -> list[Logger]:
        """One logger, which writes `metrics.csv`."""
        return [CSVLogger(info.folder, name="", version="")]


CSV = Csv()

"""The section `logger`."""

from dataclasses import dataclass

from gradunc.loggers import LOGGERS
from gradunc.options import option

WANDB_MODES = ("auto", "online", "offline", "disabled")


@dataclass
class LoggerSettings:
    """Where metrics, pictures and tables go."""

    kind: str = option(
        "csv",
        "csv (metrics.csv in the run folder); wandb or tensorboard, beside it; or none",
        choices=LOGGERS,
    )
    project: str = option("gradunc", "W&B: project")
    entity: str | None = option(None, "W&B: user or team; null = your default one")
    name: str | None = option(None, "W&B: name of the run; null = model, data and objective")
    group: str | None = option(None, "W&B: group of runs; null = the key name, if it was given")
    tags: list[str] = option([], "W&B: tags of the run, as [a,b]")
    job_type: str | None = option(None, "W&B: what the run does; null = train, evaluate or study")
    notes: str | None = option(None, "W&B: longer text about the run")
    mode: str = option(
        "auto",
        "W&B: online, offline, disabled; auto = WANDB_MODE, else online with an API key, else offline",
        choices=WANDB_MODES,
    )
    checkpoint: bool = option(True, "W&B: log the best checkpoint as artifact")

"""Where the numbers, pictures and tables of a run go. A new logger is a file beside these, and one line here."""

from gradunc.registry import Entry

LOGGERS: dict[str, Entry] = {
    "csv": Entry("gradunc.loggers.settings:LoggerSettings", "gradunc.loggers.csv:CSV"),
    "wandb": Entry("gradunc.loggers.settings:LoggerSettings", "gradunc.loggers.wandb:WANDB"),
    "tensorboard": Entry("gradunc.loggers.settings:LoggerSettings", "gradunc.loggers.tensorboard:TENSORBOARD"),
    "none": Entry("gradunc.loggers.settings:LoggerSettings", "gradunc.loggers.none:NONE"),
}
"""`logger.kind` -> its options, and the `LoggerKind` (`gradunc/loggers/kind.py`)."""

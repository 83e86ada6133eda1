"""No logger: not even metrics.csv, and so no training.png."""

from gradunc.loggers.kind import LoggerKind


class Nothing(LoggerKind):
    """Checkpoints, results and pictures are written all the same."""

    lightning = None


NONE = Nothing()

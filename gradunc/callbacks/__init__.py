"""Everything that looks at a run or writes of it: uncertainty, evaluation, pictures, report."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.callbacks.agreement import AgreementCallback
    from gradunc.callbacks.average import WeightAverage
    from gradunc.callbacks.baselines import BaselineCallback
    from gradunc.callbacks.benchmark_report import BenchmarkReportCallback
    from gradunc.callbacks.checkpoint_files import WholeCheckpoints
    from gradunc.callbacks.dead import DeadOutputCallback
    from gradunc.callbacks.early import EarlyStop
    from gradunc.callbacks.evaluation import EvaluationCallback
    from gradunc.callbacks.frozen import FrozenEncoder
    from gradunc.callbacks.health import HealthCallback
    from gradunc.callbacks.last import LastCheckpoint
    from gradunc.callbacks.layer_study import LayerStudyCallback
    from gradunc.callbacks.layer_study_report import StudyReportCallback
    from gradunc.callbacks.mirrored import MirroredCallback
    from gradunc.callbacks.nonfinite import NonFiniteCallback
    from gradunc.callbacks.pictures import PictureCallback
    from gradunc.callbacks.progress import TrainingProgress
    from gradunc.callbacks.report import ReportCallback
    from gradunc.callbacks.skipped import SkippedCallback
    from gradunc.callbacks.snapshots import SnapshotCallback
    from gradunc.callbacks.stopping import StopAfterStep, StopAtOnce
    from gradunc.callbacks.trivial import TrivialCallback
    from gradunc.callbacks.uncertainty import UncertaintyCallback
    from gradunc.callbacks.validation_scores import ValidationScores

__all__ = [
    "AgreementCallback",
    "BaselineCallback",
    "BenchmarkReportCallback",
    "DeadOutputCallback",
    "EarlyStop",
    "EvaluationCallback",
    "FrozenEncoder",
    "HealthCallback",
    "LastCheckpoint",
    "LayerStudyCallback",
    "MirroredCallback",
    "NonFiniteCallback",
    "PictureCallback",
    "ReportCallback",
    "SkippedCallback",
    "SnapshotCallback",
    "StopAfterStep",
    "StopAtOnce",
    "StudyReportCallback",
    "TrainingProgress",
    "TrivialCallback",
    "UncertaintyCallback",
    "ValidationScores",
    "WeightAverage",
    "WholeCheckpoints",
]

_WHERE = {
    "AgreementCallback": "agreement",
    "BaselineCallback": "baselines",
    "BenchmarkReportCallback": "benchmark_report",
    "DeadOutputCallback": "dead",
    "EarlyStop": "early",
    "EvaluationCallback": "evaluation",
    "FrozenEncoder": "frozen",
    "HealthCallback": "health",
    "LastCheckpoint": "last",
    "LayerStudyCallback": "layer_study",
    "MirroredCallback": "mirrored",
    "NonFiniteCallback": "nonfinite",
    "PictureCallback": "pictures",
    "ReportCallback": "report",
    "SkippedCallback": "skipped",
    "SnapshotCallback": "snapshots",
    "StopAfterStep": "stopping",
    "StopAtOnce": "stopping",
    "StudyReportCallback": "layer_study_report",
    "TrainingProgress": "progress",
    "TrivialCallback": "trivial",
    "UncertaintyCallback": "uncertainty",
    "ValidationScores": "validation_scores",
    "WeightAverage": "average",
    "WholeCheckpoints": "checkpoint_files",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

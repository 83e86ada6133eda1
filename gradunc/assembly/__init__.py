"""From a configuration to objects: the only place where sections become networks, data and callbacks."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.assembly.callbacks import Callbacks
    from gradunc.assembly.data import build_data, check_truth, data_set, missing_truth
    from gradunc.assembly.estimators import build_estimators, decisions, estimator_factories, restore
    from gradunc.assembly.layer_study import StudyCallbacks
    from gradunc.assembly.objective_checks import check_training
    from gradunc.assembly.probe import probe_trainer
    from gradunc.assembly.protocol import build_protocol, check_crop, check_protocol
    from gradunc.assembly.start_depth import with_start
    from gradunc.assembly.trainer import build_trainer
    from gradunc.assembly.training import build_average, build_freezing, build_snapshots, build_training

__all__ = [
    "Callbacks",
    "StudyCallbacks",
    "build_average",
    "build_data",
    "build_estimators",
    "build_freezing",
    "build_protocol",
    "build_snapshots",
    "build_trainer",
    "build_training",
    "check_crop",
    "check_protocol",
    "check_training",
    "check_truth",
    "data_set",
    "decisions",
    "estimator_factories",
    "missing_truth",
    "probe_trainer",
    "restore",
    "with_start",
]

_WHERE = {
    "Callbacks": "callbacks",
    "StudyCallbacks": "layer_study",
    "build_average": "training",
    "build_freezing": "training",
    "build_data": "data",
    "build_estimators": "estimators",
    "build_protocol": "protocol",
    "build_snapshots": "training",
    "build_trainer": "trainer",
    "probe_trainer": "probe",
    "build_training": "training",
    "check_crop": "protocol",
    "check_protocol": "protocol",
    "check_training": "objective_checks",
    "check_truth": "data",
    "data_set": "data",
    "decisions": "estimators",
    "estimator_factories": "estimators",
    "missing_truth": "data",
    "restore": "estimators",
    "with_start": "start_depth",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

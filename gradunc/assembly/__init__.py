"""From a configuration to objects: the only place where sections become networks, data and callbacks."""

from gradunc.assembly.callbacks import Callbacks
from gradunc.assembly.data import build_data, check_truth, data_set, missing_truth
from gradunc.assembly.estimators import build_estimators, decisions, estimator_factories, restore
from gradunc.assembly.layer_study import StudyCallbacks
from gradunc.assembly.protocol import build_protocol, check_crop, check_protocol
from gradunc.assembly.trainer import build_loggers, build_trainer, check_logger
from gradunc.assembly.training import build_average, build_training, check_training

__all__ = [
    "Callbacks",
    "StudyCallbacks",
    "build_average",
    "build_data",
    "build_estimators",
    "build_loggers",
    "build_protocol",
    "build_trainer",
    "build_training",
    "check_crop",
    "check_logger",
    "check_protocol",
    "check_training",
    "check_truth",
    "data_set",
    "decisions",
    "estimator_factories",
    "missing_truth",
    "restore",
]

"""From a configuration to objects: the only place where sections become networks, data and callbacks."""

from gradunc.build.callbacks import Callbacks, build_protocol, estimator_factories, layer_choices
from gradunc.build.data import DATASETS, build_data, has_truth
from gradunc.build.study import STUDIES, StudyCallbacks
from gradunc.build.trainer import build_loggers, build_trainer, check_logger
from gradunc.build.training import build_training

__all__ = [
    "DATASETS",
    "STUDIES",
    "Callbacks",
    "StudyCallbacks",
    "build_data",
    "build_loggers",
    "build_protocol",
    "build_trainer",
    "build_training",
    "check_logger",
    "estimator_factories",
    "has_truth",
    "layer_choices",
]

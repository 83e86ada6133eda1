"""Estimators as graphs: files for other runtimes, and compiled functions."""

from gradunc.export.agreement import Agreement
from gradunc.export.compiled import compile_estimator
from gradunc.export.files import Exported, check_target, export_estimator
from gradunc.export.trace import trace

__all__ = ["Agreement", "Exported", "check_target", "compile_estimator", "export_estimator", "trace"]

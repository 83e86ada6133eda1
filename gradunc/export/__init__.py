"""Estimators as graphs: files for other runtimes, and compiled functions."""

from typing import TYPE_CHECKING

from gradunc.imports import lazy_names

if TYPE_CHECKING:
    from gradunc.export.agreement import Agreement
    from gradunc.export.compiled import compile_estimator
    from gradunc.export.files import Exported, check_target, export_estimator

__all__ = ["Agreement", "Exported", "check_target", "compile_estimator", "export_estimator"]

_WHERE = {
    "Agreement": "agreement",
    "Exported": "files",
    "check_target": "files",
    "compile_estimator": "compiled",
    "export_estimator": "files",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

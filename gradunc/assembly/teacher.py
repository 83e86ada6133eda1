"""The teacher that a configuration names."""

from collections.abc import Callable
from typing import Any, cast

from gradunc.config.sections import ObjectiveSettings
from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import to_float
from gradunc.errors import InputError
from gradunc.models import load_model
from gradunc.training import Teacher
from gradunc.types import Sample


def teacher_of(objective: ObjectiveSettings) -> Teacher | None:
    """The network of `objective.teacher`, frozen; None without one.

    Raises:
        InputError: nothing that can be loaded, or a network of which no depth follows.
    """
    if objective.teacher is None:
        return None
    try:
        return Teacher(load_model(objective.teacher))
    except InputError as error:
        raise InputError(str(error) if "objective.teacher" in str(error) else f"objective.teacher: {error}") from error


def teaching(teacher: Teacher | None) -> Callable[[Sample], Sample] | None:
    """What gives one sample, as a data set delivers it, the teacher's depth; None without a teacher."""
    if teacher is None:
        return None

    def taught(sample: Sample) -> Sample:
        batch = cast("dict[str, Any]", teacher.taught(to_float(collate([sample]))))
        return cast(Sample, {**sample, "depth": batch["depth"][0], "valid": batch["valid"][0]})

    return taught

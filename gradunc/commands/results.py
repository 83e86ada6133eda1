"""The summary that `infer.py predict` leaves beside the files of its images."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradunc.commands.outcome import Outcome
from gradunc.config.verbs.predict import PredictConfig
from gradunc.models import DepthModel
from gradunc.prediction.files import SUMMARY, summary_of, write_facts
from gradunc.prediction.network import InputSize


def write_summary(
    output: Path,
    config: PredictConfig,
    model: DepthModel,
    size: InputSize,
    scales: Mapping[str, str],
    outcome: Outcome,
    film: Mapping[str, Any],
) -> None:
    """Write `summary.json`: model, output space, unit, polarity, scales, settings, images, and what went wrong."""
    settings = {name: asdict(one) for name, one in config.uncertainty.items()}
    said = {"checkpoint": config.checkpoint, **model.description()}
    summary = {
        **summary_of(said, model.output_space, scales, size, settings, config.mirrored),
        "images": list(outcome.records),
        "failed": outcome.failed,
        "not_finite": outcome.not_finite(),
        **film,
    }
    write_facts(output / SUMMARY, summary)

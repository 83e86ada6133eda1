"""The configuration of infer.py."""

from dataclasses import dataclass, field

from gradunc.config.estimators import estimators
from gradunc.config.sections import EvaluationSettings, LoggerSettings, TrainerSettings
from gradunc.data.settings import DataSettings
from gradunc.options import option
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class InferConfig:
    """infer.py: depth and uncertainty of images, or an evaluation on a data set."""

    checkpoint: str | None = option(None, "model: .ckpt, run or export folder, folder of published .pth files")
    architecture: str | None = option(None, "what the checkpoint must be; null = told by its keys")
    head: str | None = option(None, "published files: disparity (default) or depth (linear, metres)")
    source: str | None = option(None, "image, folder or glob")
    export: str | None = option(None, "PATH.onnx or PATH.pt2: write the estimator as a graph that needs no gradunc")
    study: str | None = option(None, "data: layers = rank every decoder layer x channel reduction in one pass")
    ood: str | None = option(None, "data set, folder or glob to tell apart from source= or data= (test split)")
    output: str = option("outputs", "folder of the results")
    skip_existing: bool = option(
        False, "source: keep what the same model and settings left in output (go on after a break)"
    )
    size: str | None = option(None, "network input HxW or native; null = the model's training size")
    device: str = option("auto", "source: auto, cpu, cuda, cuda:1, ... (data: trainer.accelerator)")
    data: DataSettings = field(default_factory=DataSettings)
    uncertainty: dict[str, EstimatorSettings] = estimators()
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    logger: LoggerSettings = field(default_factory=LoggerSettings)


INFER_GROUPS = {"data": None, "uncertainty": "gradient", "trainer": "default", "logger": "csv"}
"""Groups of infer.py; without `data` it reads `source`."""

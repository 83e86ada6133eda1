"""What loggers are told of a run: its name for people, and what it was made from."""

import hashlib
from pathlib import Path

from gradunc.assembly.data_fingerprint import data_input
from gradunc.config.sections import ObjectiveSettings
from gradunc.config.train import TrainConfig
from gradunc.config.writing import as_dict
from gradunc.data.loading.datamodule import DepthData
from gradunc.loggers.run_info import RunInfo, RunInput
from gradunc.models.checkpoints.export import model_folder
from gradunc.models.settings import ModelSettings
from gradunc.types import STEREO

UNNAMED = TrainConfig.name
"""The key `name` of a run that was given none."""
CHUNK = 1 << 20


def training_info(config: TrainConfig, folder: Path, data: DepthData) -> RunInfo:
    """What is told of a run of train.py."""
    return RunInfo(
        folder,
        title=f"{network_title(config.model)} {config.data.name} {objective_title(config.objective)}",
        job="train",
        group=None if config.name == UNNAMED else config.name,
        resumable=True,
        config=as_dict(config),
        inputs=lambda: (data_input(config.data, data), *weights_input(config.model)),
    )


def network_title(settings: ModelSettings) -> str:
    """Architecture and encoder: "monodepth2-resnet18"."""
    name = getattr(settings, "encoder", "")
    return f"{settings.architecture}-{name}" if name else settings.architecture


def objective_title(objective: ObjectiveSettings) -> str:
    """mono, stereo, mono_stereo, or the losses against true depth.

    >>> objective_title(ObjectiveSettings(losses={"photometric": 1.0}, frames=[-1, 1, "s"]))
    'mono_stereo'
    >>> objective_title(ObjectiveSettings(losses={"eigen": 1.0, "gradient_matching": 0.5}))
    'eigen+gradient_matching'
    """
    names = ["mono"] * any(frame != STEREO for frame in objective.frames) + ["stereo"] * (STEREO in objective.frames)
    return "_".join(names) or "+".join(objective.losses)


def weights_input(settings: ModelSettings) -> list[RunInput]:
    """The weights that training starts from, with the SHA-256 of their files; none without `model.weights`."""
    if not settings.weights:
        return []
    path = model_folder(Path(settings.weights).expanduser())
    files = [path] if path.is_file() else sorted(one for one in path.glob("*") if one.is_file())
    sums = {one.name: _sha256(one) for one in files}
    return [RunInput("model", "start-weights", {"path": settings.weights, "sha256": sums})]


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            found.update(part)
    return found.hexdigest()

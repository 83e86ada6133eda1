"""`infer.py predict`."""

from dataclasses import dataclass

from gradunc.config.estimators import estimators
from gradunc.config.verbs.film import batch, film, fps, smooth, write
from gradunc.config.verbs.network import CHECKPOINT, NetworkConfig
from gradunc.config.verbs.source import SOURCE, every, limit
from gradunc.config.verbs.verb import Verb
from gradunc.models.sample import SAMPLE
from gradunc.options import DEVICE, MIRRORED_DEPTH, PART, PATH, REJECT, option
from gradunc.types import MIRRORED
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class PredictConfig(NetworkConfig):
    """Depth, uncertainty and a panel for every image, and one summary."""

    checkpoint: str | None = option(SAMPLE, f"{CHECKPOINT}; {SAMPLE} = the small network of the package", rule=PATH)
    source: str | None = option(None, SOURCE, rule=PATH)
    every: int = every()
    limit: int | None = limit()
    output: str = option("outputs", "folder of the results", rule=PATH)
    overwrite: bool = option(False, "make all results anew; false keeps those of the same image, model and settings")
    skip_existing: bool | None = option(None, "earlier name: true = overwrite=false, false = overwrite=true")
    size: str | None = option(None, "network input HxW or native; null = the model's image processor or training size")
    mirrored: str = option(
        "none",
        f"depth: {MIRRORED_DEPTH}",
        choices=MIRRORED,
    )
    batch: int = batch()
    write: str = write()
    film: str | None = film()
    fps: float | None = fps()
    smooth: float = smooth()
    reject: float = option(0.2, REJECT, rule=PART)
    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...", rule=DEVICE)
    progress: bool = option(True, "show a progress bar")
    uncertainty: dict[str, EstimatorSettings] = estimators()


PREDICT = Verb(
    PredictConfig,
    {"uncertainty": "gradient"},
    "[checkpoint=PATH] (IMAGE | FOLDER | GLOB | FILM | LIST.txt | CAMERA) [uncertainty=NAME|FILE.yaml] [key=value ...]",
    "checkpoint=runs/kitti/export photos/ output=maps",
    bare="source",
)

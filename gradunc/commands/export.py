"""One estimator as a file that runs without autograd: `infer.py checkpoint=... export=PATH.onnx`."""

from dataclasses import asdict
from pathlib import Path

from gradunc.assembly import estimator_factories
from gradunc.commands.images import network_size
from gradunc.config import InferConfig
from gradunc.errors import InputError
from gradunc.export import Exported, check_target, export_estimator
from gradunc.models import DepthModel
from gradunc.uncertainty import GradientUncertainty

RUN = {
    ".onnx": """import numpy, onnxruntime
session = onnxruntime.InferenceSession("{path}")
depth, uncertainty = session.run(None, {{"image": image}})  # numpy float32 (1,3,{height},{width}), RGB in [0,1]""",
    ".pt2": """import torch
estimate = torch.export.load("{path}").module()
depth, uncertainty = estimate(image)  # float32 (1,3,{height},{width}), RGB in [0,1]""",
}


def check_export(config: InferConfig) -> None:
    """What can be told before the model is loaded.

    Raises:
        InputError: another job beside, a wrong target, no or several estimators.
    """
    assert config.export is not None, "checked by the command"
    check_target(config.export)
    if config.source is not None or config.data.name is not None:
        raise InputError("export= writes the model itself; leave source= and data= away")
    if config.study is not None or config.ood is not None:
        raise InputError("export=, study= and ood= are jobs of their own; give one of them")
    names = list(config.uncertainty)
    if not names:
        raise InputError("export= needs an estimator; uncertainty=none has none, leave it away")
    if len(names) > 1:
        raise InputError(
            f"export= takes one estimator, but {', '.join(names)} are configured; choose uncertainty=NAME of one"
        )
    if config.size == "native":
        raise InputError("size=native needs source=; an export has one size, give size=HxW")


def export_file(config: InferConfig, model: DepthModel) -> int:
    """Write the file, say how well it agrees and how to run it; returns the exit code.

    Raises:
        InputError: nothing could be written.
    """
    assert config.export is not None, "checked by the command"
    ((name, make),) = estimator_factories(config.uncertainty).items()
    settings = {"name": name, **asdict(config.uncertainty[name])}
    size = network_size(config.size, model)
    checkpoint = str(config.checkpoint)
    estimator = make(model)
    if not isinstance(estimator, GradientUncertainty):
        raise InputError(f"export= takes gradient estimators; uncertainty.{name} is a {type(estimator).__name__}")
    exported = export_estimator(estimator, config.export, size, settings=settings, checkpoint=checkpoint)
    print(_report(exported))
    return 0


def _report(exported: Exported) -> str:
    path, (height, width), found = exported
    if found is None:
        compared = "not compared with the estimator, because onnxruntime is not installed: pip install 'gradunc[onnx]'"
    else:
        compared = (
            f"largest difference to the estimator: depth {found.depth:.1e} (relative), "
            f"uncertainty {found.uncertainty:.1e} (of its range)"
        )
    code = RUN[Path(path).suffix].format(path=path, height=height, width=width)
    return f"{path}: image (1,3,{height},{width}) -> depth, uncertainty (1,1,{height},{width})\n{compared}\n\n{code}"

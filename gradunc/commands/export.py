"""`infer.py export`: one estimator as a file that runs without autograd."""

from dataclasses import asdict
from pathlib import Path

from gradunc.assembly import estimator_factories, restore
from gradunc.commands.network import learned_folder, load_network, one_size
from gradunc.commands.verbs import program
from gradunc.config.verbs.export import ExportConfig
from gradunc.errors import InputError
from gradunc.export import Exported, check_target, export_estimator
from gradunc.ops.finite import broken_name
from gradunc.uncertainty.interface import Exportable
from gradunc.uncertainty.learned import Learned

RUN = {
    ".onnx": """import numpy, onnxruntime
session = onnxruntime.InferenceSession("{path}")
depth, uncertainty = session.run(None, {{"image": image}})  # numpy float32 (1,3,{height},{width}), RGB in [0,1]""",
    ".pt2": """import torch
estimate = torch.export.load("{path}").module()
depth, uncertainty = estimate(image)  # float32 (1,3,{height},{width}), RGB in [0,1]""",
}


def export(config: ExportConfig) -> int:
    """Write the file, say how well it agrees and how to run it; returns the exit code.

    Raises:
        InputError: a wrong target, no or several estimators, or nothing could be written.
    """
    target, name = _target(config), _only_estimator(config)
    model = load_network(config)
    size = one_size(config.size, model, f"is for {program()} predict; an export has one size")
    if broken := broken_name(model.state_dict()):
        raise InputError(f"'{broken}' of {config.checkpoint} is not finite; a broken network is not exported")
    settings = {"name": name, **asdict(config.uncertainty[name])}
    estimator = estimator_factories(config.uncertainty)[name](model)
    if not isinstance(estimator, Exportable):
        raise InputError(
            f"uncertainty.{name} (method={config.uncertainty[name].method}) cannot be exported; export takes methods "
            "that are the same operators for every image, such as gradient and student"
        )
    learned = Learned(learned_folder(config.checkpoint), config.uncertainty, size)
    origin = restore({name: estimator}, learned, model).get(name)
    exported = export_estimator(
        estimator,
        target,
        size,
        settings=settings,
        checkpoint=str(config.checkpoint),
        data=str(origin) if origin else None,
    )
    print(_report(exported))
    return 0


def _target(config: ExportConfig) -> Path:
    """Where to write; told to be wrong before the model is loaded."""
    if config.to is None:
        raise InputError("to is missing; give to=PATH.onnx or to=PATH.pt2, or the path itself")
    return check_target(config.to)


def _only_estimator(config: ExportConfig) -> str:
    names = list(config.uncertainty)
    if not names:
        raise InputError("export needs an estimator; uncertainty=none has none, omit it")
    if len(names) > 1:
        raise InputError(
            f"export takes one estimator, but {', '.join(names)} are configured; choose uncertainty=NAME of one"
        )
    return names[0]


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

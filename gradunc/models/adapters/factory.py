"""A network that a function of a user's Python file returns. It runs that file: only who typed its name may ask."""

import inspect
import sys
import traceback
import zlib
from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError, did_you_mean, path_hint, shown
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.factory_name import FactoryName
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.contract import DepthModel
from gradunc.ops.sizes import training_size
from gradunc.types import DepthPrediction, OutputSpace


def made_by(name: FactoryName) -> DepthModel:
    """The network of a function, in eval mode.

    The file runs as a module of its own, and imports what lies beside it. A network that is no `DepthModel` is adapted
    as what `GradientUncertainty` takes: images in [0,1] as they are, depth up to a factor, unless its attributes
    `output_space`, `size` [px], `resize_depth` and `own_uncertainty` say more.

    Args:
        name: file and function, which is called without arguments.

    Raises:
        InputError: no such file or function, one that fails (its error stands in the message), or one that returns no
            network.
    """
    function = _function(_module(name.path), name)
    network = _run(function, name.path, f"{name.function}() of {name.path}")
    if not isinstance(network, nn.Module):
        raise InputError(f"checkpoint={name}: {name.function}() returned {_kind(network)}, which is no torch.nn.Module")
    model = network if isinstance(network, DepthModel) else _adapted(network, name)
    if isinstance(model, AdaptedModel):
        # What `to_prediction` does is in no weight: results of an earlier version of the file are not kept for it.
        model.origin = {**model.origin, "code": f"{zlib.crc32(name.path.read_bytes()):08x}"}
    return model.eval()


def _module(path: Path) -> ModuleType:
    """The file as a module, run now; like `python FILE.py`, it imports what lies beside it."""
    if not path.is_file():
        raise InputError(f"checkpoint: no file '{path}'{path_hint(path)}; give checkpoint=FILE.py:FUNCTION")
    # A name of its own: files are called like packages, and dataclasses look their module up.
    spec = spec_from_file_location(f"checkpoint_{zlib.crc32(str(path.resolve()).encode()):08x}", path)
    assert spec is not None, "the name ends in .py"
    assert spec.loader is not None, "the name ends in .py"
    module = sys.modules[spec.name] = module_from_spec(spec)
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.insert(0, folder)
    _run(partial(spec.loader.exec_module, module), path, str(path))
    return module


def _function(module: ModuleType, name: FactoryName) -> Callable[[], Any]:
    found = getattr(module, name.function, None)
    if callable(found) and not isinstance(found, nn.Module):
        return found
    if found is not None:
        raise InputError(f"checkpoint={name}: {name.function} is {_kind(found)}, not a function that returns a network")
    own = [key for key, one in vars(module).items() if inspect.isfunction(one) and one.__module__ == module.__name__]
    listed = f" (functions: {', '.join(own)})" if own else ""
    hint = did_you_mean(name.function, own)
    raise InputError(f"checkpoint: {name.path} has no function '{shown(name.function)}'{hint}{listed}")


def _run(code: Callable[[], Any], path: Path, what: str) -> Any:
    """What code of the user's returns; its errors are one line with the line of the file."""
    try:
        return code()
    except InputError as error:
        raise InputError(f"checkpoint: {what}{_place(error, path)}: {error}") from error
    except (Exception, SystemExit) as error:
        last = traceback.format_exception_only(error)[-1].strip()
        raise InputError(f"checkpoint: {what} failed{_place(error, path)}: {last}") from error


def _place(error: BaseException, path: Path) -> str:
    """Where the file was when an error came; "" if not in it."""
    if isinstance(error, SyntaxError):
        return f" in line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    return f" in line {lines[-1]}" if lines else ""


def _adapted(network: nn.Module, name: FactoryName) -> AdaptedModel:
    def depth(answer: Any) -> Tensor | DepthPrediction:
        if not isinstance(answer, Tensor | DepthPrediction):
            raise InputError(
                f"checkpoint={name}: the network returned {_kind(answer)} and no depth; let the function return "
                "gradunc.adapt(network, ...), which says what the answer means"
            )
        return answer

    return adapt(
        network,
        depth,
        getattr(network, "output_space", OutputSpace()),
        mean=(0, 0, 0),
        std=(1, 1, 1),
        size=training_size(network),
        resize=getattr(network, "resize_depth", None),
        own_uncertainty=getattr(network, "own_uncertainty", None),
    )


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"

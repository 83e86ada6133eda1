"""`infer.py benchmark`: every method that a network allows, on a data set, for one network or several."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

from gradunc.assembly.applicable import applicable
from gradunc.assembly.benchmark import BenchmarkCallbacks
from gradunc.callbacks.benchmark_report import latex_files
from gradunc.commands.dataset import check_dataset, pass_size, run_dataset
from gradunc.commands.network import learned_folder, load_network
from gradunc.commands.output import check_output
from gradunc.config.sections import EvaluationSettings
from gradunc.config.verbs.benchmark import BenchmarkConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.results import Result, show, write
from gradunc.results.benchmarks import together
from gradunc.types import Size
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.settings import EstimatorSettings


def benchmark(config: BenchmarkConfig) -> int:
    """Compare the methods; returns the exit code.

    Raises:
        InputError: no data set, no true depth, no network, no estimator that it allows, or settings that do not fit.
    """
    evaluation = EvaluationSettings(**asdict(config.evaluation), pictures=0, trivial=True)
    check_dataset(config, evaluation)
    entries = _entries(config)
    # All of them first: what is wrong with the last network is told before the first one has run.
    prepared = {name: _prepare(one) for name, one in entries.items()}
    folder = Path(config.output)
    results: dict[str, Result] = {}
    for name, one in entries.items():
        found = _run(one, evaluation, prepared[name], name)
        if found is not None:
            results[name] = found
    if len(results) > 1:
        result = together(results)
        show(result)
        for path in write(result, folder, latex_files(result)):
            print(f"  {path}")
    return 0


class _Prepared(NamedTuple):
    """A network, and the estimators that it allows."""

    model: DepthModel
    kept: Mapping[str, EstimatorSettings]
    left_out: tuple[str, ...]


def _prepare(config: BenchmarkConfig) -> _Prepared:
    check_output(Path(config.output))
    model = load_network(config)
    return _Prepared(model, *applicable(config.uncertainty, model, pass_size(config, model)))


def _run(config: BenchmarkConfig, evaluation: EvaluationSettings, one: _Prepared, name: str) -> Result | None:
    """One network."""
    made: list[BenchmarkCallbacks] = []

    def wire(folder: Path, size: Size) -> BenchmarkCallbacks:
        learned = Learned(learned_folder(config.checkpoint), one.kept, size)
        callbacks = BenchmarkCallbacks(
            one.model,
            one.kept,
            evaluation,
            folder,
            data=config.data,
            learned=learned,
            network=name,
            left_out=one.left_out,
        )
        made.append(callbacks)
        return callbacks

    run_dataset(config, evaluation, one.model, wire, job="benchmark")
    return made[0].report.result


def _entries(config: BenchmarkConfig) -> dict[str, BenchmarkConfig]:
    """Name of each network -> the configuration with it alone, and with a folder of its own if there are several."""
    given = [*config.checkpoints, *([config.checkpoint] if config.checkpoint is not None else [])]
    if not given:
        raise InputError("checkpoint is missing; give checkpoint=PATH, or checkpoints=[PATH,...] for several networks")
    paths = [Path(path).expanduser().resolve() for path in given]
    twice = next((given[place] for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise InputError(f"'{twice}' is given twice; give each network once, in checkpoints=[PATH,...]")
    folder = Path(config.output)
    folders = {name: folder / name if len(given) > 1 else folder for name in _names(paths)}
    return {
        name: replace(config, checkpoint=path, output=str(own))
        for (name, own), path in zip(folders.items(), given, strict=True)
    }


def _names(paths: Sequence[Path]) -> list[str]:
    """Short names that differ: the last parts of absolute paths that tell them apart.

    >>> _names([Path("/runs/a/export"), Path("/runs/b/export"), Path("/weights.ckpt"), Path("/nets.py:best")])
    ['a_export', 'b_export', 'weights.ckpt', 'nets.py_best']
    """
    parts = [path.parts[1:] for path in paths]
    names = []
    for place, own in enumerate(parts):
        others = [one for other, one in enumerate(parts) if other != place]
        length = next((n for n in range(1, len(own)) if all(one[-n:] != own[-n:] for one in others)), len(own))
        names.append("_".join(own[-length:]).replace(":", "_"))  # they name folders
    return names

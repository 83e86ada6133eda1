"""`infer.py benchmark`: every method that a network allows, on a data set, for one network or several."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from gradunc.assembly.applicable import applicable
from gradunc.assembly.benchmark import BenchmarkCallbacks
from gradunc.callbacks.benchmark_report import latex_files
from gradunc.commands.dataset import check_dataset, run_dataset
from gradunc.commands.network import load_network
from gradunc.config.sections import EvaluationSettings
from gradunc.config.verbs.benchmark import BenchmarkConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.results import Result, show, write
from gradunc.results.benchmarks import together
from gradunc.types import Size
from gradunc.uncertainty.learned import folder_beside


def benchmark(config: BenchmarkConfig) -> int:
    """Compare the methods; returns the exit code.

    Raises:
        InputError: no data set, no true depth, no network, no estimator that it allows, or settings that do not fit.
    """
    evaluation = EvaluationSettings(**asdict(config.evaluation), pictures=0, trivial=True)
    check_dataset(config, evaluation)
    paths = _checkpoints(config)
    # All of them first: what is wrong with the last one is told before the first one has run.
    models = {name: load_network(replace(config, checkpoint=path)) for name, path in paths.items()}
    folder = Path(config.output)
    results: dict[str, Result] = {}
    for name, model in models.items():
        own = folder / name if len(models) > 1 else folder
        one = replace(config, checkpoint=paths[name], output=str(own))
        found = _run(one, evaluation, model, name)
        if found is not None:
            results[name] = found
    if len(results) > 1:
        result = together(results)
        show(result)
        for path in write(result, folder, latex_files(result)):
            print(f"  {path}")
    return 0


def _run(config: BenchmarkConfig, evaluation: EvaluationSettings, model: DepthModel, name: str) -> Result | None:
    """One network."""
    made: list[BenchmarkCallbacks] = []

    def wire(folder: Path, size: Size) -> BenchmarkCallbacks:
        kept, left_out = applicable(config.uncertainty, model, size)
        learned = folder_beside(Path(str(config.checkpoint)))
        made.append(
            BenchmarkCallbacks(
                model, kept, evaluation, folder, data=config.data, learned=learned, network=name, left_out=left_out
            )
        )
        return made[0]

    run_dataset(config, evaluation, model, wire, job="benchmark")
    return made[0].report.result


def _checkpoints(config: BenchmarkConfig) -> dict[str, str]:
    """Name of each network -> where it is."""
    given = [*config.checkpoints, *([config.checkpoint] if config.checkpoint is not None else [])]
    if not given:
        raise InputError("checkpoint is missing; give checkpoint=PATH, or checkpoints=[PATH,...] for several networks")
    paths = [Path(path).expanduser().resolve() for path in given]
    twice = next((given[place] for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise InputError(f"'{twice}' is given twice; give each network once, in checkpoints=[PATH,...]")
    return dict(zip(_names(paths), given, strict=True))


def _names(paths: Sequence[Path]) -> list[str]:
    """Short names that differ: the last parts of absolute paths that tell them apart.

    >>> _names([Path("/runs/a/export"), Path("/runs/b/export"), Path("/weights.ckpt")])
    ['a_export', 'b_export', 'weights.ckpt']
    """
    parts = [path.parts[1:] for path in paths]
    names = []
    for place, own in enumerate(parts):
        others = [one for other, one in enumerate(parts) if other != place]
        length = next((n for n in range(1, len(own)) if all(one[-n:] != own[-n:] for one in others)), len(own))
        names.append("_".join(own[-length:]))
    return names

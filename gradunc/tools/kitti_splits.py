"""Fetch the published split lists of KITTI, which are not ours to carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradunc.config import load, parse
from gradunc.data.formats.kitti_splits import FILES, SplitFile, problem
from gradunc.options import PATH, option
from gradunc.text_files import LARGEST
from gradunc.tools.download import download

COMMIT = "b676244e5a1ca55564eb5d16ab521a48f823af31"
BASE_URL = f"https://raw.githubusercontent.com/nianticlabs/monodepth2/{COMMIT}/splits"


@dataclass
class SplitsConfig:
    """Where the lists come from and go to."""

    output: str = option(
        ".cache/gradunc/kitti_splits", "folder of the lists; the default is where data=kitti looks", rule=PATH
    )
    base_url: str = option(BASE_URL, "folder that holds eigen_zhou/train_files.txt and so on; file:///DIR works too")


def kitti_splits(arguments: Sequence[str]) -> int:
    """Fetch and verify every list that is not there yet; returns the exit code.

    Raises:
        InputError: wrong usage, or a list that cannot be fetched; those before it stay.
    """
    config = load(SplitsConfig, {}, parse(arguments, {}, flags=("--help",)))
    folder = Path(config.output).expanduser()
    for number, file in enumerate(FILES.values(), start=1):
        state = "kept" if _is_there(folder / file.name, file) else "fetched"
        if state == "fetched":
            download(
                f"{config.base_url.rstrip('/')}/{file.name}", folder / file.name, lambda data, f=file: problem(data, f)
            )
        print(f"[{number}/{len(FILES)}] {file.name}: {file.lines} lines, verified ({state})", flush=True)
    print(f"{len(FILES)} lists in '{folder}'; use them by data.kitti.split=eigen_zhou data.split_dir='{folder}'")
    return 0


def _is_there(path: Path, file: SplitFile) -> bool:
    return path.is_file() and path.stat().st_size <= LARGEST and not problem(path.read_bytes(), file)

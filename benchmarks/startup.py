"""CPU time that commands need before their work begins, each in a process of its own, and its ratio to `import torch`.

A busy machine slows all alike: the calls are made in turn, and the medians of the repetitions are printed. Time is that
of the processor (user and system) in one thread, as the system accounts it to the child process.

    python benchmarks/startup.py [--repeats 5] [--size 192x640]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gradunc import Monodepth2Settings, build_model
from gradunc.models import export_model

REPOSITORY = Path(__file__).resolve().parents[1]
TORCH = "import torch"


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--size", default="192x640", help="of the network of the prediction")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calls = _calls(Path(folder), [int(side) for side in arguments.size.split("x")])
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(arguments.repeats):
            for name, call in calls.items():
                seconds[name].append(_cpu_seconds(call))
    base = statistics.median(seconds[TORCH])
    print(f"torch {torch.__version__}, Python {sys.version.split()[0]}, median of {arguments.repeats}")
    print("| call | CPU [s] | / import torch |\n|---|---|---|")
    for name, found in seconds.items():
        print(f"| {name} | {statistics.median(found):.2f} | {statistics.median(found) / base:.2f} |")


def _calls(folder: Path, size: list[int]) -> dict[str, list[str]]:
    """Name -> arguments of Python."""
    export = export_model(build_model(Monodepth2Settings(size=size)).eval(), folder / "export")
    photo = folder / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (375, 1242, 3), dtype=np.uint8)).save(photo)
    predict = ["infer.py", "predict", f"checkpoint={export}", f"output={folder}/maps", "overwrite=true", "device=cpu"]
    return {
        "nothing": ["-c", ""],
        TORCH: ["-c", TORCH],
        "import timm": ["-c", "import timm"],
        "import lightning": ["-c", "import lightning"],
        "import gradunc": ["-c", "import gradunc"],
        "train.py --help": ["train.py", "--help"],
        "train.py --print-config": ["train.py", "--print-config"],
        "train.py, a mistyped key": ["train.py", "mdoel.size=1"],
        "infer.py --help": ["infer.py", "--help"],
        "infer.py predict --help": ["infer.py", "predict", "--help"],
        "tools.check --help": ["-m", "gradunc.tools.check", "--help"],
        "tools.evaluate_pose --help": ["-m", "gradunc.tools.evaluate_pose", "--help"],
        "predict, depth of one image": [*predict, str(photo), "uncertainty=none"],
        "predict, depth and uncertainty of one image": [*predict, str(photo)],
    }


def _cpu_seconds(call: list[str]) -> float:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *call], cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{call}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

"""The command lines that `wandb agent` makes of a sweep file, each as a dry run: `sweep.py FILE FOLDER`."""

import subprocess
import sys

import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

with open(sys.argv[1], encoding="utf-8") as file:
    sweep = yaml.safe_load(file)


def value(parameter: dict) -> object:
    """One value that the sweep may draw."""
    for key in ("value", "min"):
        if key in parameter:
            return parameter[key]
    return parameter["values"][0]


drawn = {name: {"value": value(parameter)} for name, parameter in sweep["parameters"].items()}
made = create_sweep_command_args({"args": drawn})
small = ["data.synthetic.train_scenes=4", "data.synthetic.val_scenes=1", "data.synthetic.test_scenes=1"]
fixed = [word for word in sweep.get("command", []) if "=" in word and "${" not in word]
# Every spelling that a `command:` of a sweep can ask for is read: --k=v, k=v, --k v, +k=v; the first one trains.
for spelling, end in (
    ("args", "--dry-run"),
    ("args_no_hyphens", "--print-config"),
    ("args_no_equals", "--print-config"),
    ("args_append_hydra", "--print-config"),
):
    line = [sys.executable, sweep["program"], *made[spelling], *fixed, *small, f"output={sys.argv[2]}", end]
    print(*line)
    done = subprocess.run(line, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)

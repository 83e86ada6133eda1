"""The command lines that `wandb agent` makes of a sweep file, each as a dry run: `sweep.py FILE FOLDER`."""

import subprocess
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    sweep = yaml.safe_load(file)


def value(parameter: dict) -> object:
    """One value that the sweep may draw."""
    for key in ("value", "min"):
        if key in parameter:
            return parameter[key]
    return parameter["values"][0]


# https://docs.wandb.ai/guides/sweeps/sweep-config-keys: ${args} is --name=value for each parameter.
arguments = [f"--{name}={value(parameter)}" for name, parameter in sweep["parameters"].items()]
line = [sys.executable, sweep["program"], *arguments]
line += [word for word in sweep.get("command", []) if "=" in word and "${" not in word]
print(*line)
small = ["data.synthetic.train_scenes=4", "data.synthetic.val_scenes=1", "data.synthetic.test_scenes=1"]
raise SystemExit(subprocess.run([*line, *small, f"output={sys.argv[2]}", "--dry-run"], check=False).returncode)

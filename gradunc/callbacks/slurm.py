"""What a job of SLURM does when its time ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment


def requeue_signal() -> list[int]:
    """SIGUSR1 in a job whose processes `srun` has started, where `#SBATCH --signal=USR1@SECONDS` sends it."""
    return [signal.SIGUSR1] if hasattr(signal, "SIGUSR1") and SLURMEnvironment.detect() else []


def requeue() -> bool:
    """Ask SLURM to start this job again; says so if it does not."""
    command = ["scontrol", "requeue", job_number(os.environ)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        reason = done.stderr if done.returncode else None
    except OSError as error:
        reason = str(error)
    if reason is None:
        return True
    said = " ".join(reason.split())
    print(f"warning: `{' '.join(command)}` failed ({said}); a checkpoint is saved, training goes on", file=sys.stderr)
    return False


def job_number(environment: Mapping[str, str]) -> str:
    """As scontrol knows this job; of an array, the number of the array and of the task.

    >>> job_number({"SLURM_JOB_ID": "17"})
    '17'
    >>> job_number({"SLURM_JOB_ID": "17", "SLURM_ARRAY_JOB_ID": "15", "SLURM_ARRAY_TASK_ID": "2"})
    '15_2'
    """
    if "SLURM_ARRAY_JOB_ID" in environment:
        return f"{environment['SLURM_ARRAY_JOB_ID']}_{environment['SLURM_ARRAY_TASK_ID']}"
    return environment.get("SLURM_JOB_ID", "")

"""Press Ctrl-C once a training has finished an epoch: `interrupt.py RUNS COMMAND...`; its code must be 130."""

import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 300.0

# A shell script's background jobs ignore SIGINT, and so would their children.
signal.signal(signal.SIGINT, signal.default_int_handler)
process = subprocess.Popen(sys.argv[2:])
end = time.monotonic() + PATIENCE
while process.poll() is None and not list(Path(sys.argv[1]).glob("*/checkpoints/last.ckpt")):
    if time.monotonic() > end:
        process.kill()
        raise SystemExit(f"no checkpoint within {PATIENCE:.0f} s")
    time.sleep(0.05)
process.send_signal(signal.SIGINT)
code = process.wait(timeout=PATIENCE)
if code != 130:
    raise SystemExit(f"the interrupted training ended with {code} instead of 130")

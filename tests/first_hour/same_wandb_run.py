"""A training that was interrupted and resumed is ONE run of W&B: `same_wandb_run.py RUN_FOLDER`."""

import sys
from pathlib import Path

# offline-run-DATE_TIME-ID
ids = [path.name.rsplit("-", 1)[1] for path in Path(sys.argv[1]).glob("wandb/offline-run-*-*")]
print(ids)
assert len(ids) == 2, "one folder for each part of the training"
assert len(set(ids)) == 1, "the same id in both"

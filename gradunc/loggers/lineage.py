"""What a run of W&B was made from, as artifacts that it uses."""

import json
from typing import Any

from gradunc.loggers.run_info import RunInput


def use_input(run: Any, one: RunInput) -> None:
    """Note an input in the configuration of a run and, online, as an artifact with an arrow to the run.

    The artifact holds the facts, not the data: a reference to the folder of a data set would read every file of it for
    a checksum, and could be resolved on this machine only. Offline `use_artifact` raises TypeError, since it has to ask
    the server for the version.

    Args:
        run: of W&B.
        one: the input.
    """
    facts = {"name": one.name, **one.facts}
    run.config.update({"inputs": {**dict(run.config.get("inputs", {})), one.kind: facts}}, allow_val_change=True)
    if run.offline or run.disabled:
        return
    import wandb

    artifact = wandb.Artifact(one.name, type=one.kind, metadata=facts)
    # Versions of an artifact are told apart by their files, not by their metadata.
    with artifact.new_file("facts.json", mode="w") as file:
        file.write(json.dumps(facts, indent=2, sort_keys=True))
    run.use_artifact(artifact)

"""What the detection of foreign images leaves: a table, and its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradunc.results import show, write
from gradunc.results.detection import Side, detection_result


def write_report(folder: Path, familiar: Side, foreign: Side, settings: Mapping[str, Any]) -> None:
    """Compare every score, write the files and print the table.

    Raises:
        InputError: the folder cannot be written to.
    """
    result = detection_result(familiar, foreign, settings)
    written = write(result, folder)
    show(result)
    for path in written:
        print(f"  {path}")

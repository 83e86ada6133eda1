"""The notebook of the documentation: it runs as written, and lies in the repository without outputs."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.helpers import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "quickstart.ipynb"


def cells() -> list[Any]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def test_nothing_of_a_run_is_stored() -> None:
    code = [cell for cell in cells() if cell.cell_type == "code"]

    assert len(code) > 5
    assert all(cell.execution_count is None and cell.outputs == [] and cell.metadata == {} for cell in code)


def test_every_cell_of_code_is_python_and_every_page_it_names_exists() -> None:
    for cell in cells():
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")
        for page in re.findall(r"\]\(([^)]+\.md)\)", cell.source):
            assert (NOTEBOOK.parent / page).is_file(), page


def outputs_of(notebook: Any) -> tuple[str, list[str]]:
    """All that is printed, and the kinds of what is shown."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return "\n".join(texts), [kind for output in outputs for kind in output.get("data", {})]


@pytest.mark.slow
def test_it_runs_as_written_and_the_uncertainty_finds_the_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    printed, shown = outputs_of(notebook)

    assert "image/png" in shown
    errors = [float(error) for error in re.findall(r"most certain pixels: ([0-9.]+)", printed)]
    assert len(errors) == 4
    assert errors[-1] < 0.8 * errors[0]
    gain = re.search(r"AURG (\S+)", printed)
    assert gain is not None
    assert float(gain[1]) > 0
    assert len(re.findall(r"^Prediction\(", printed, re.MULTILINE)) == 2

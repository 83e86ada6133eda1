"""Rows for LaTeX."""

from gradunc.results import Column, Table
from gradunc.results.renderers.latex import escaped, latex_rows

COLUMNS = (
    Column("name", digits=None),
    Column("ause_rmse", "m", "low", 2),
    Column("aurg", better="high", digits=1),
    Column("needs", digits=None),
    Column("ause_rmse_low", "m", digits=1, bound_of="ause_rmse"),
    Column("ause_rmse_high", "m", digits=1, bound_of="ause_rmse"),
)


def row(name, value, gain, low=None, high=None):
    return {
        "name": name,
        "ause_rmse": value,
        "aurg": gain,
        "needs": "10% & more",
        "ause_rmse_low": low,
        "ause_rmse_high": high,
    }


def test_rows():
    rows = (row("flip_a", 1.234, 0.5, 1.0, 1.5), row("b", 2.0, 0.9), row("c", None, float("nan")))
    assert latex_rows(Table("t", "Title_1", COLUMNS, rows, line_before=2)).splitlines() == [
        r"% Title\_1",
        r"% name & ause\_rmse [m] & aurg & needs",
        r"flip\_a & \textbf{1.23} {\scriptsize [1.0, 1.5]} & 0.5 & 10\% \& more \\",
        r"b & 2.00 & \textbf{0.9} & 10\% \& more \\ \hline",
        r"c & - & - & 10\% \& more \\",
    ]


def test_figures_that_are_printed_alike_are_bold_alike():
    rows = (row("a", 1.234, 1.0), row("b", 1.231, 1.0))
    assert latex_rows(Table("t", "", COLUMNS, rows)).count(r"\textbf{1.23}") == 2


def test_what_people_read_is_written():
    short = Table("t", "", COLUMNS[:1], ({"name": "only this"},))
    assert "only this" in latex_rows(Table("t", "", COLUMNS, (row("all", 1, 1),), short=short))


def test_every_special_letter():
    assert escaped("a\\b~c^d#e$f{g}\n h") == r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\#e\$f\{g\} h"

"""Each remark once, with its count and first places, whoever asks."""

from gradunc.data.remarks import Assumption, Note, Remarks, notes

GUESS = Assumption("dmin 0 px", "no dmin.txt; add it")


def test_a_line_counts_and_names() -> None:
    remarks = Remarks()
    for name in ("d", "b", "d", "a", "c"):
        remarks.assume(GUESS, name)
    remarks.note(Note("all in all"), *notes("left out", ["x"]), *notes("left out", ["y"]), *notes("nothing", ()))
    assert remarks.lines() == [
        "assumed dmin 0 px: no dmin.txt; add it: 4 ('d', 'b', 'a', ...)",
        "all in all",
        "left out: 2 ('x', 'y')",
    ]


def test_names_of_files_are_one_line() -> None:
    remarks = Remarks()
    remarks.note(Note("left out", ("a\nerror: b", "c\udcff\x1b[2J", "Straße 7")))
    assert remarks.lines() == [r"left out: 3 ('a\nerror: b', 'c\udcff\x1b[2J', 'Straße 7')"]


def test_kinds() -> None:
    remarks = Remarks()
    remarks.assume(GUESS, "a")
    remarks.assume(Assumption("dmin 0 px", "another reason"), "b")
    remarks.note(Note("good to know", kind="fact"), Note("not used"))
    assert remarks.assumed == ("dmin 0 px",)
    assert [len(remarks.lines(kind)) for kind in ("fact", "assumed", "unused")] == [1, 2, 1]
    assert remarks.lines("fact", "unused") == ["good to know", "not used"]


def test_told_once(capsys) -> None:
    remarks = Remarks()
    remarks.note(Note("one", ("x",)))
    remarks.tell()
    remarks.note(Note("one", ("y",)), Note("two"))
    remarks.tell()
    assert capsys.readouterr() == ("", "one: 1 ('x')\ntwo\n")


def test_parts_of_a_mixture(capsys) -> None:
    remarks = Remarks()
    part, other = remarks.part("near"), remarks.part("far")
    for one in (part, other):
        one.assume(GUESS, "a")
    assert remarks.assumed == ("near: dmin 0 px", "far: dmin 0 px")
    remarks.tell()
    part.tell()
    assert capsys.readouterr().err.splitlines() == remarks.lines() == part.lines() + other.lines()
    assert part.lines() == ["near: assumed dmin 0 px: no dmin.txt; add it: 1 ('a')"]

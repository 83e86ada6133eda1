"""A progress bar with the number of images and their speed."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

T = TypeVar("T")


class SpeedColumn(ProgressColumn):
    """Images a second, those that are kept among them."""

    def render(self, task: Task) -> Text:
        """See `ProgressColumn`."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.3g}/s", style="progress.data.speed")


def tracked(things: Iterable[T], what: str, total: int | None, console: Console, *, shown: bool = True) -> Iterator[T]:
    """The things, with a bar on the console while they are taken.

    Args:
        things: of any kind.
        what: they are, for the bar.
        total: how many there are, if that is known.
        console: on which the bar is.
        shown: False = there is no bar.
    """
    name, count = TextColumn("{task.description}"), MofNCompleteColumn()
    columns = (name, BarColumn(), count, SpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not shown) as bar:
        yield from bar.track(things, total=total, description=what)

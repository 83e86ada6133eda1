"""What `infer.py predict` makes of images beside their maps, and how: files, batches, a film."""

from typing import Any

from gradunc.data.formats.film_kinds import film_name_problem
from gradunc.options import FALSE, PART, POSITIVE_COUNT, TRUE, Rule, option

AUTO = "auto"
"""The film is called after the source."""
PANELS, MAPS, NOTHING = WRITE = ("panels", "maps", "nothing")
"""Which files each image leaves."""


def film_name(value: str | None) -> str | None:
    """What `film=` asks for: a name, `AUTO`, or None for no film.

    >>> film_name("yes"), film_name("off"), film_name("a.mp4")
    ('auto', None, 'a.mp4')
    """
    if value is None or value.lower() in FALSE:
        return None
    return AUTO if value.lower() in (*TRUE, AUTO) else value


def _problem(value: str | None) -> str:
    name = film_name(value)
    found = "" if name in (None, AUTO) else film_name_problem(str(name))
    return found and f"{found}; or true"


def film() -> Any:
    """The field `film`."""
    return option(
        None,
        "write a film of all images beside their results: true, or NAME.mp4, .mov, .mkv, .webm",
        rule=Rule(lambda value: not _problem(value), _problem),
    )


def fps() -> Any:
    """The field `fps`."""
    rule = Rule(lambda value: value is None or 0 < value <= 1000, "must be above 0 and at most 1000, or null")
    return option(None, "pictures a second of the film; null = the source's times, 10 of image files", rule=rule)


def smooth() -> Any:
    """The field `smooth`."""
    text = "of the film: moving average of the uncertainty, this much of the picture before; 0.8 lags by 4 pictures"
    return option(0.0, text, rule=PART)


def write() -> Any:
    """The field `write`."""
    return option(PANELS, "files of each image: panels (and maps), maps alone (faster), nothing", choices=WRITE)


def batch() -> Any:
    """The field `batch`."""
    text = "images of one size that the network sees together: small networks gain, large ones on a CPU do not"
    return option(1, text, rule=POSITIVE_COUNT)

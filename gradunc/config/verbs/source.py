"""Which images of a source a verb works on."""

from typing import Any

from gradunc.options import POSITIVE_COUNT, option, or_null

SOURCE = "image, folder, glob, film, list.txt or number of a camera"


def every() -> Any:
    """The field `every`."""
    return option(1, "take every n-th image only, such as every=10 of a film", rule=POSITIVE_COUNT)


def limit() -> Any:
    """The field `limit`."""
    return option(None, "most images to take; null = all, of a camera until Ctrl-C", rule=or_null(POSITIVE_COUNT))

"""What is found about data: a mistake that cannot be, or what is only unlikely."""

from typing import NamedTuple

MOST = 0.5
"""A finding about single samples is told when this share of them shows it."""


class Finding(NamedTuple):
    """One line about a data set."""

    text: str
    """What is wrong and how to correct it."""
    impossible: bool = False
    """No camera and no scene gives such data. Otherwise unusual data may be right."""

    def about(self, label: str) -> "Finding":
        """The same of a part of a mixture, or of another split.

        >>> Finding("depth is 0").about("data.mixture.mine").text
        'data.mixture.mine: depth is 0'
        """
        return self._replace(text=f"{label}: {self.text}") if label else self

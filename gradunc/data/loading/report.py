"""What of each split could not be read: raised at once, or reported at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gradunc.errors import InputError

Policy = Literal["raise", "skip"]

SHOWN = 5
"""Failures that the closing lines name."""


@dataclass(frozen=True)
class Failure:
    """A sample that could not be read."""

    index: int
    """Its position in the data set, however often it was asked for."""
    name: str
    reason: str


class LoadingReport:
    """What of each split could not be read.

    Args:
        policy: "raise" ends the run at the first failure, "skip" goes on.

    Attributes:
        found: split -> index -> failure, of this process until `merge` adds the others'.
        delivered: split -> samples of its present pass that could be read.
        warnings: what is unlikely about the data, see `data/inspection`.
    """

    def __init__(self, policy: Policy = "raise") -> None:
        self.policy = policy
        self.found: dict[str, dict[int, Failure]] = {}
        self.delivered: dict[str, int] = {}
        self.warnings: list[str] = []
        self._sizes: dict[str, int] = {}

    def begin(self, split: str, size: int) -> None:
        """A pass over a split of so many samples."""
        self.delivered[split] = 0
        self._sizes[split] = size

    def add(self, split: str, failures: Sequence[Failure]) -> None:
        """Keep failures; InputError for the first one under the policy "raise"."""
        if failures and self.policy == "raise":
            raise InputError(f"{failures[0].reason} (data.on_error=skip omits what cannot be read)")
        self.found.setdefault(split, {}).update({failure.index: failure for failure in failures})

    def merge(self, found: Mapping[str, Mapping[int, Failure]]) -> None:
        """Add what another process has found."""
        for split, failures in found.items():
            self.found.setdefault(split, {}).update(failures)

    def count(self, split: str) -> int:
        """Different samples of a split that could not be read."""
        return len(self.found.get(split, {}))

    def nothing_left(self, split: str) -> InputError:
        """The error for a split of which nothing can be read."""
        failures = list(self.found[split].values())
        return InputError(
            f"none of the {len(failures)} samples of the {split} split that were asked for can be read; "
            f"the first: {failures[0].reason}"
        )

    def content(self) -> dict[str, Any]:
        """For a JSON file: split -> how many of how many, and each with its reason, in the order of the set."""
        return {
            split: {
                "skipped": len(failures),
                "samples": self._sizes.get(split),
                "files": [asdict(failures[index]) for index in sorted(failures)],
            }
            for split, failures in self.found.items()
            if failures
        }

    def lines(self) -> list[str]:
        """For the end of a run: the warnings, one line on all failures, then the first of them; none if all is well."""
        content, warnings = self.content(), [f"warning: {text}" for text in self.warnings]
        if not content:
            return warnings
        counts = ", ".join(f"{one['skipped']} of {one['samples']} {split}" for split, one in content.items())
        reasons = list(dict.fromkeys(file["reason"] for one in content.values() for file in one["files"]))
        more = [f"  and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
        skipped = f"skipped samples that cannot be read: {counts}"
        return [*warnings, skipped, *(f"  {text}" for text in reasons[:SHOWN]), *more]

"""What becomes of data that cannot be right: `data.on_implausible`."""

from collections.abc import Sequence
from typing import Literal, get_args

from gradunc.data.inspection.finding import Finding
from gradunc.errors import unknown

Policy = Literal["stop", "warn"]


def check_policy(policy: str) -> None:
    """Raise `InputError` for a value of `data.on_implausible` that is none."""
    if policy not in get_args(Policy):
        raise unknown("data.on_implausible", policy, get_args(Policy))


def refused(found: Sequence[Finding], policy: str) -> list[Finding]:
    """The findings that end a run: the impossible ones, or none under the policy "warn"."""
    return [one for one in found if one.impossible] if policy == "stop" else []

"""What became of the images of one call of `infer.py predict`."""

from dataclasses import dataclass, field
from typing import Any

from gradunc.commands.speed import Speed
from gradunc.errors import InputError
from gradunc.prediction.maps import ImageError


@dataclass
class Outcome:
    """Collected image by image."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Image -> what its panel says of its results."""
    kept: int = 0
    """How many of them an earlier call has made."""
    replaced: int = 0
    """How many results of other settings had to go."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """{"image": name, "reason": text}."""
    actions: set[str] = field(default_factory=set)
    """What could not be done with those."""
    speed: Speed = field(default_factory=Speed, compare=False)
    """How fast it went."""

    def fail(self, name: str, error: ImageError) -> str:
        """Note an image without results; returns the reason in one line."""
        reason = " ".join(str(error).split())
        self.failed.append({"image": name, "reason": reason})
        self.actions.add(error.action)
        return reason

    def not_finite(self) -> dict[str, dict[str, int]]:
        """Image -> "depth" or estimator -> number of its pixels without a finite value, where there are some."""
        counts = {name: {key: n for key, n in one["not_finite"].items() if n} for name, one in self.records.items()}
        return {name: one for name, one in counts.items() if one}

    def check(self) -> None:
        """Raise `InputError` if there is no result at all."""
        if not self.records and not self.failed:
            raise InputError("no image was predicted: the source ended, or was ended, before the first was done")
        if not self.records:
            action = "read" if self.actions == {"read"} else "predicted"
            first = self.failed[0]["reason"]
            raise InputError(f"none of {len(self.failed)} images could be {action}; the first: {first}")

    def lines(self, output: str) -> list[str]:
        """What the command says at its end."""
        total = len(self.records) + len(self.failed)
        lines = []
        if self.kept:
            lines.append(
                f"kept {self.kept} of {total} results in {output}, which the same network and settings made; "
                "overwrite=true makes them anew"
            )
        if self.replaced:
            lines.append(f"replaced {self.replaced} results in {output} that other settings made")
        made = f"{len(self.records) - self.kept} images written to {output}, {len(self.failed)} skipped"
        speed = self.speed.line()
        return [*lines, *([speed] if speed else []), made + self._about_not_finite()]

    def _about_not_finite(self) -> str:
        """The end of the last line, if there is something to say."""
        broken = [one["depth"] for one in self.not_finite().values() if "depth" in one]
        pixels = sum(one["pixels"] for one in self.records.values())
        return (
            f"; {sum(broken)} of {pixels} values are not finite, in {len(broken)} images (summary.json)"
            if broken
            else ""
        )

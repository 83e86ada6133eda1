"""Which recordings train, validate and test: a pure function of their names and lengths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradunc.data.recorded.dealing import cut, dealt
from gradunc.data.recorded.neighbours import least_length
from gradunc.data.settings import DivisionSettings
from gradunc.errors import InputError, unknown
from gradunc.types import SPLITS, FrameIds, Split

Share = float | Sequence[str]
"""Share of the sequences in [0,1], or their names."""


EXAMPLE = '"data.division={train: 0.8, val: 0.1, test: 0.1}"'


class EmptySplit(InputError):
    """The options give a split nothing; with the files nothing need be wrong."""


@dataclass(frozen=True)
class Division:
    """How sequences are shared out: three numbers with a sum of at most 1, or three lists of names.

    Unlike `DivisionSettings`, in which YAML may have left anything, these are known to be shares or names.
    """

    train: Share = 0.8
    val: Share = 0.1
    test: Share = 0.1
    seed: int = 0
    """Another seed deals out the sequences in another order; of no effect on lists and on divided sequences."""
    gap: int = 0
    """Frames left out in front of each place where a sequence is cut: successive frames are near duplicates."""
    stated: frozenset[str] = frozenset(SPLITS)
    """Splits whose share a user has set; messages name no other."""

    def __post_init__(self) -> None:
        """InputError for shares that cannot be followed."""
        numbers = [share for share in self.shares if isinstance(share, int | float)]
        if len(numbers) not in (0, len(SPLITS)):
            raise InputError("data.division.train, val and test must be three numbers or three lists of sequences")
        if any(not 0 <= share <= 1 for share in numbers) or sum(numbers) > 1 + 1e-9:
            texts = {name: f"{name}={share:g}" for name, share in zip(SPLITS, numbers, strict=True)}
            given = ", ".join(text for name, text in texts.items() if name in self.stated)
            rest = ", ".join(text for name, text in texts.items() if name not in self.stated)
            default = f", with {rest} by default" if rest else ""
            raise InputError(
                f"data.division.{given}{default}: every share must be in [0,1] and their sum at most 1"
                + ("; set all three" if rest else "")
            )

    @property
    def shares(self) -> tuple[Share, Share, Share]:
        """In the order of `SPLITS`."""
        return self.train, self.val, self.test


def checked_division(settings: DivisionSettings, default: DivisionSettings | None = None) -> Division:
    """The shares of `data.division`; InputError for what are no shares.

    Args:
        settings: shares or names.
        default: what they are where a user sets nothing; None = all are taken as set.
    """
    for name in SPLITS:
        value = getattr(settings, name)
        if isinstance(value, bool) or not isinstance(value, int | float | list):
            raise InputError(f"data.division.{name}={value} must be a share in [0,1] or a list of sequences")
    shares = (_share(value) for value in (settings.train, settings.val, settings.test))
    stated = [name for name in SPLITS if default is None or getattr(settings, name) != getattr(default, name)]
    return Division(*shares, seed=settings.seed, gap=settings.gap, stated=frozenset(stated))


def _share(value: float | Sequence[object]) -> float | list[str]:
    return float(value) if isinstance(value, int | float) else [str(name) for name in value]


def divide(lengths: Mapping[str, int], split: Split, division: Division, frames: FrameIds = ()) -> dict[str, range]:
    """The frames of one split.

    With numbers, sequences are dealt out whole, by their lengths and a hash of seed and name: every split with a
    share gets at least one. Where there are fewer sequences than splits, each sequence is cut in time instead, training
    first. No frame is in two splits, whatever the source views: see `targets`.

    Args:
        lengths: sequence -> number of frames.
        split: which one.
        division: the shares.
        frames: neighbours in time; where a sequence is cut, training and validation get frames enough for one image
            with all of them, if the sequence has so many.

    Returns:
        Sequence -> positions of its frames in time, in the order of the names; no sequence without a frame.

    Raises:
        InputError: a listed sequence that does not exist or is listed twice.
        EmptySplit: nothing for this split.

    >>> divide({"a": 10}, "val", Division(0.6, 0.2, 0.2))
    {'a': range(6, 8)}
    """
    numbers = [share for share in division.shares if isinstance(share, int | float)]
    wanted = sum(share > 0 for share in numbers)
    if not numbers:
        names = _listed(lengths, split, division)
        parts = {name: range(lengths[name]) for name in names}
    elif len(lengths) < wanted:
        # A test asks for no neighbours.
        place, least = SPLITS.index(split), least_length(frames)
        parts = {name: cut(length, numbers, division.gap, (least, least, 0))[place] for name, length in lengths.items()}
    else:
        parts = {name: range(lengths[name]) for name in dealt(lengths, numbers, division.seed)[SPLITS.index(split)]}
    parts = {name: parts[name] for name in sorted(parts) if len(parts[name])}
    if not parts:
        raise _empty(lengths, split, division)
    return parts


def targets(part: range, frames: FrameIds) -> list[int]:
    """The positions of a part whose neighbours in time lie in the same part, so that no source view crosses splits.

    >>> targets(range(6, 10), (-1, 1, "s"))
    [7, 8]
    """
    steps = [frame for frame in frames if isinstance(frame, int)]
    return [position for position in part if all(position + step in part for step in steps)]


def _empty(lengths: Mapping[str, int], split: Split, division: Division) -> EmptySplit:
    share = division.shares[SPLITS.index(split)]
    gap = f" with data.division.gap={division.gap}" if division.gap else ""
    found = f"{len(lengths)} sequence(s) with {sum(lengths.values())} frame(s)"
    if split in division.stated:
        return EmptySplit(
            f"the {split} split is empty: data.division.{split}={share}{gap} of {found}; raise the share or add data"
        )
    if share == 0:
        return EmptySplit(
            f"the {split} split is empty: by default it gets nothing of {found}; set for example {EXAMPLE}"
        )
    return EmptySplit(
        f"the {split} split is empty: {found}{gap} are too few to be shared out; add data or set {EXAMPLE}"
    )


def _listed(lengths: Mapping[str, int], split: Split, division: Division) -> list[str]:
    """The names given for a split, after all three lists were checked."""
    owner: dict[str, str] = {}
    for name, names in zip(SPLITS, division.shares, strict=True):
        if isinstance(names, int | float):
            continue
        for sequence in map(str, names):
            if sequence not in lengths:
                raise unknown(f"sequence in data.division.{name}", sequence, lengths)
            if sequence in owner:
                raise InputError(
                    f"data.division names the sequence '{sequence}' for {owner[sequence]} and for {name}; keep one"
                )
            owner[sequence] = name
    return [sequence for sequence, name in owner.items() if name == split]

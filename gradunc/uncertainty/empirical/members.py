"""The networks of an ensemble: loaded once, different from one another, of one output space and one image size."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from gradunc.errors import InputError
from gradunc.ops.sizes import training_size
from gradunc.types import OutputSpace
from gradunc.uncertainty.descriptions import UNREADABLE, weights_of
from gradunc.uncertainty.empirical.manifest import Bound, bound
from gradunc.uncertainty.network import module_of

GO_ON = "go on with the training by resume"


class Members(NamedTuple):
    """Who is asked."""

    networks: list[nn.Module]
    """At least two. The judged network stands first if it is one of them."""
    notes: list[str]
    """What was decided, a line each."""


def named(checkpoints: Sequence[str], manifest: str | None, last: int | None = None) -> tuple[list[str], list[str]]:
    """The paths of the members, and what is to be said of those that are left out.

    Args:
        checkpoints: their paths.
        manifest: file or folder that binds them instead.
        last: only so many of the manifest, from its end; None = all.

    Raises:
        InputError: no member, two ways to name them, or a manifest that cannot be read or binds too few.
    """
    if manifest is None:
        if last is not None:
            raise InputError(f"last={last} is about the networks of a manifest; give manifest=DIR, or omit it")
        if not checkpoints:
            raise InputError(
                "no member is named; give checkpoints=[PATH,...] of at least two networks, or manifest=DIR"
            )
        return [*checkpoints], []
    if checkpoints:
        raise InputError("checkpoints and manifest both name the members; give one of them")
    found = bound(Path(manifest))
    total = len(found.ready) + len(found.waiting)
    if len(found.ready) < 2:
        advice = "the training ended early: train anew, longer or in shorter cycles" if found.ended else GO_ON
        raise InputError(
            f"manifest '{found.path}' has {len(found.ready)} trained networks of {total}, an ensemble needs at least "
            f"two; {advice}"
        )
    return [str(path) for path in found.ready[-(last or 0) :]], _left_out(found, last)


def _left_out(found: Bound, last: int | None) -> list[str]:
    """What is to be said of a manifest whose networks are not as many as it was planned or asked."""
    count, total, notes = len(found.ready), len(found.ready) + len(found.waiting), list[str]()
    if found.waiting:
        why = "the training ended early" if found.ended else f"not trained yet: {', '.join(found.waiting)}"
        notes.append(f"manifest: {count} of {total} members; {why}")
    if last is not None and last > count:
        notes.append(f"last={last}: the manifest has {count} trained networks, which are all taken")
    return notes


def loaded(judged: nn.Module, paths: Sequence[str], load: Callable[[str], nn.Module]) -> Members:
    """The networks of the paths.

    The judged network is a member only if one of the paths holds its weights; it is not kept twice then.

    Args:
        judged: network that the results are of.
        paths: of the members.
        load: gives the network of a path, on the judged one's device.

    Raises:
        InputError: fewer than two networks, the same one twice, or one whose output or size does not fit.
    """
    own, seen, notes = weights_of(judged), dict[str, str](), list[str]()
    networks: list[nn.Module] = []
    for path in paths:
        network = load(path)
        _check_fits(network, f"'{path}'", judged, "the judged network")
        weights = weights_of(network)
        if weights != UNREADABLE and weights in seen:
            raise InputError(f"'{path}' and '{seen[weights]}' hold the same weights; name each member once")
        seen[weights] = path
        if weights == own != UNREADABLE:
            notes = [f"members: '{path}' is the network that is judged, which is asked once"]
            networks.insert(0, judged)
        else:
            networks.append(network)
    if len(networks) < 2:
        raise InputError(f"{len(networks)} member ({', '.join(paths)}): an ensemble needs at least two")
    others = f"members: {len(networks)} networks, of which none is the one that is judged; depth is their mean alone"
    return Members(networks, notes or [others])


def check_alike(networks: Sequence[Any]) -> list[nn.Module]:
    """The networks themselves, without wrappers.

    Raises:
        InputError: fewer than two, no modules, or some whose output or size differs.
    """
    found = [module_of(one) for one in networks]
    if len(found) < 2:
        raise InputError(f"{len(found)} member: an ensemble needs at least two")
    for number, one in enumerate(found[1:], 2):
        _check_fits(one, f"member {number}", found[0], "the first one")
    return found


def output_space(network: nn.Module) -> OutputSpace:
    """What the numbers of a network mean."""
    return getattr(network, "output_space", OutputSpace())


def _check_fits(network: nn.Module, name: str, other: nn.Module, whose: str) -> None:
    mine, theirs = output_space(network), output_space(other)
    if mine != theirs:
        raise InputError(
            f"{name} gives {_said(mine)}, but {whose} {_said(theirs)}; numbers of members must mean the same"
        )
    size, needed = training_size(network), training_size(other)
    if size is not None and needed is not None and size != needed:
        raise InputError(
            f"{name} was trained on {size[0]}x{size[1]}, but {whose} on {needed[0]}x{needed[1]}; members see each "
            "image at one size"
        )


def _said(space: OutputSpace) -> str:
    """An output space in words: "depth [m]"."""
    return f"{space.quantity} [{space.unit}]"

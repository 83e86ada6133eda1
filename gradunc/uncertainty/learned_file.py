"""A file of what an estimator has learned: tensors, and beside them what they were learned under and from."""

import json
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.files import replacing
from gradunc.places import may_be_place, without_places
from gradunc.uncertainty.interface import Fitted


class Origin(NamedTuple):
    """The data that something was learned from."""

    data: str
    """Name of the data set."""
    split: str
    """Of the data set."""
    images: int
    """How many of the split were learned from."""
    fingerprint: str
    """Differs for other data; "" = unknown."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.data} {self.split}, {self.images} image{'s' * (self.images != 1)}"


class Terms(NamedTuple):
    """What something was learned under: for other terms it is as if nothing had been learned."""

    options: dict[str, Any]
    """Name -> options, of the estimator first, then of those that it wraps; plain values as JSON gives them back."""
    size: str
    """Of the images, "HxW", or "native" = each its own."""

    def checksum(self) -> int:
        """Differs for other terms."""
        return zlib.crc32(json.dumps(self, sort_keys=True).encode())


class Kept(NamedTuple):
    """What a file holds."""

    path: Path
    tensors: dict[str, Tensor]
    origin: Origin | None
    """None = unknown."""

    __repr__ = brief_repr

    def give(self, estimator: Fitted, device: torch.device | str) -> None:
        """Restore an estimator; `InputError` if it cannot use what was kept."""
        try:
            estimator.restore({key: value.to(device) for key, value in self.tensors.items()})
        except InputError:
            raise
        except (LookupError, RuntimeError, TypeError, ValueError, AttributeError) as error:
            raise damaged(self.path, error) from error


def damaged(path: Path, reason: object) -> InputError:
    """The error for a file that cannot be used."""
    text = " ".join(f"{type(reason).__name__}: {reason}".split()) if isinstance(reason, Exception) else str(reason)
    return InputError(f"'{path}' is damaged ({text}); remove it, then it is learned again")


def write(path: Path, tensors: Mapping[str, Tensor], terms: Terms, origin: Origin | None) -> None:
    """Write a whole file or none; `OSError` or `SafetensorError` if that fails."""
    plain = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    told = {"terms": json.dumps(terms), "origin": json.dumps(origin), "contents": _contents(plain)}
    with replacing(path, durable=True) as (aside,):
        save_file(plain, aside, metadata=told)


def for_others(path: Path) -> tuple[Path, Terms | None]:
    """Name under which a file goes to others, and terms without paths of this machine; None = those that it has."""
    terms = terms_of(path)
    plain = None if terms is None else Terms(without_places(terms.options, may_be_place), terms.size)
    if plain is None or plain == terms:
        return Path(path.name), None
    return Path(f"{path.stem.rpartition('-')[0]}-{plain.checksum():08x}{path.suffix}"), plain


def copy_for_others(path: Path, target: Path) -> None:
    """Copy a file without paths of this machine; as `read` and `write` if it has some."""
    terms = for_others(path)[1]
    if terms is None:
        shutil.copyfile(path, target)
        return
    kept = read(path)
    write(target, kept.tensors, terms, kept.origin)


def read(path: Path) -> Kept:
    """The whole file.

    Raises:
        InputError: it cannot be read, or does not hold what was written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        origin = json.loads(told["origin"])
        found = Kept(path, tensors, None if origin is None else Origin(*origin))
    except (OSError, SafetensorError, LookupError, TypeError, ValueError) as error:
        raise damaged(path, error) from error
    if told.get("contents") != _contents(tensors):
        raise damaged(path, "its tensors are not those that were written")
    return found


def terms_of(path: Path) -> Terms | None:
    """What was learned under; None if the file does not say so."""
    try:
        with safe_open(path, framework="pt") as file:
            terms = Terms(*json.loads((file.metadata() or {})["terms"]))
        return terms if isinstance(terms.options, dict) else None
    except (OSError, SafetensorError, LookupError, TypeError, ValueError):
        return None


def _contents(tensors: Mapping[str, Tensor]) -> str:
    """A checksum of names, shapes and values."""
    return f"{zlib.crc32(save(dict(sorted(tensors.items())))):08x}"

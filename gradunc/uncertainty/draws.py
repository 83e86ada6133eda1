"""Random numbers that belong to an image, wherever it stands in whatever batch."""

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn


def image_seeds(seed: int, image: Tensor, index: Tensor | None = None) -> tuple[int, ...]:
    """One seed per image, from its index if given, else from its content.

    Args:
        seed: of the estimator.
        image: (b,3,H,W).
        index: (b,) integers, for example positions in a data set.
    """
    if index is not None:
        keys = [int(i) for i in index.reshape(-1).tolist()]
    else:
        keys = [zlib.crc32(one.detach().float().cpu().contiguous().numpy().tobytes()) for one in image]
    return tuple(zlib.crc32(f"{seed} {key}".encode()) for key in keys)


class Draws:
    """Random numbers for a chunk of images; every call goes on in each image's own sequence.

    Args:
        seeds: makes one seed per image; called when the first number is drawn, because hashing images takes time.
        stream: tells the draws of several references apart.
    """

    def __init__(self, seeds: Callable[[], Sequence[int]], stream: int = 0) -> None:
        self._seeds, self._stream = seeds, stream
        self._generators: list[torch.Generator] | None = None

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal numbers of the shape (b,...), type and device of `like`."""
        return self._each(like, torch.randn)

    def uniform(self, like: Tensor) -> Tensor:
        """Numbers in [0,1) of the shape (b,...), type and device of `like`."""
        return self._each(like, torch.rand)

    def _each(self, like: Tensor, draw: Callable[..., Tensor]) -> Tensor:
        if self._generators is None:
            self._generators = [self._generator(seed, like.device) for seed in self._seeds()]
        shape = tuple(like.shape[1:])
        one = partial(draw, shape, dtype=torch.float32, device=like.device)
        return torch.stack([one(generator=generator) for generator in self._generators]).to(like.dtype)

    def _generator(self, seed: int, device: torch.device) -> torch.Generator:
        return torch.Generator(device).manual_seed(zlib.crc32(f"{seed} {self._stream}".encode()))


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """PyTorch's random generators of the CPU and of the model's CUDA devices end as they began.

    Whatever the model draws by itself, the caller's own draws stay the same. The generators belong to the process: the
    first of several threads that are in here keeps their states, and the last one puts them back, so that none changes
    what another draws. What threads outside of this draw meanwhile, they draw again. Nothing is seeded: see `seeded`.
    """
    devices = {weight.device for weight in model.parameters() if weight.device.type == "cuda"}
    _GENERATORS.enter(devices)
    try:
        yield
    finally:
        _GENERATORS.leave()


class _Generators:
    """States of the process's generators, kept while anybody is in `untouched`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._cpu: Tensor | None = None
        self._cuda: dict[torch.device, Tensor] = {}

    def enter(self, devices: Iterable[torch.device]) -> None:
        with self._lock:
            self._inside += 1
            if self._cpu is None:
                self._cpu = torch.random.get_rng_state()
            for device in devices:
                if device not in self._cuda:
                    self._cuda[device] = torch.cuda.get_rng_state(device)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside or self._cpu is None:
                return
            torch.random.set_rng_state(self._cpu)
            for device, state in self._cuda.items():
                torch.cuda.set_rng_state(state, device)
            self._cpu, self._cuda = None, {}


_GENERATORS = _Generators()


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Modules that draw by themselves (dropout) draw from this seed; the caller's random state comes back after."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield

"""One thread per module: networks that share modules are never switched by two threads at once."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


class ModuleLocks:
    """Which thread may switch the modes of which modules.

    A thread gets all modules of a set at once or waits for all of them, so that two threads never wait for each other
    as long as each asks for everything that it needs in its outermost call. What a thread has, it may ask for again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[int, list[int]] = {}
        """Address of a module -> the thread that has it, and how often it asked. Addresses are unique meanwhile."""

    @contextmanager
    def hold(self, networks: Iterable[nn.Module]) -> Iterator[None]:
        """Have every module of the networks for oneself, shared ones too.

        Args:
            networks: two of them may share modules, or one may be part of another.
        """
        modules = {id(module): module for network in networks for module in network.modules()}
        thread = threading.get_ident()
        taken: list[int] = []
        try:
            with self._changed:
                self._changed.wait_for(lambda: all(self._held.get(key, [thread])[0] == thread for key in modules))
                for key in modules:
                    self._held.setdefault(key, [thread, 0])[1] += 1
                    taken.append(key)
            yield
        finally:
            with self._changed:
                for key in taken:
                    self._held[key][1] -= 1
                    if not self._held[key][1]:
                        del self._held[key]
                self._changed.notify_all()


MODULE_LOCKS = ModuleLocks()
"""Of this process: a module is the same one for everybody."""

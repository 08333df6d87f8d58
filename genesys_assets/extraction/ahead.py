"""Fetching pages while those before are being parsed, several at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 3
"""How many elements are worked on at a time: one more than two cores, as now and then one waits for the interpreter.

With each, memory grows by one element and what is made of it.
"""


@contextmanager
def ahead(
    source: Iterator[T], *, by: int = 1, interrupt: Callable[[], object] = lambda: None
) -> Generator[Iterator[T]]:
    """Drain ``source`` in a thread of its own, at most ``by`` elements ahead of the consumer.

    An error of the source is raised where its element would have come. If the consumer fails before
    the source has ended, ``interrupt`` is called, which is to wake a source that waits; the source is
    closed in its thread and waited for.
    """
    fetcher = _Fetcher(source, by)
    try:
        yield fetcher.elements()
    except BaseException:
        if not fetcher.ended.is_set():
            interrupt()
        raise
    finally:
        fetcher.stop()


@contextmanager
def worked(
    work: Callable[[T], R], source: Iterator[T], *, interrupt: Callable[[], object] = lambda: None
) -> Generator[Iterator[R]]:
    """What ``work`` makes of each element of ``source``, in order, made in :data:`WORKERS` threads.

    Nothing is begun further ahead of the consumer than there are threads. An error, of the source or of
    the work, is raised where its element would have come; for ``interrupt`` see :func:`ahead`.
    """
    with (
        ThreadPoolExecutor(WORKERS, thread_name_prefix="genesys-work") as pool,
        ahead((pool.submit(work, element) for element in source), by=WORKERS, interrupt=interrupt) as begun,
    ):
        yield (each.result() for each in begun)


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class _Fetcher(Generic[T]):
    def __init__(self, source: Iterator[T], by: int) -> None:
        self.ended = threading.Event()
        self._source = source
        self._room = threading.Semaphore(by)
        self._shelf: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._fetch, name="genesys-pages", daemon=True)
        self._thread.start()

    def elements(self) -> Iterator[T]:
        while True:
            element = self._shelf.get()
            if isinstance(element, _End):
                if element.error is not None:
                    raise element.error
                return
            self._room.release()
            yield element

    def stop(self) -> None:
        self._stopped.set()
        self._room.release()
        self._thread.join()

    def _fetch(self) -> None:
        error: BaseException | None = None
        try:
            self._fill()
        except BaseException as caught:  # noqa: BLE001 - handed to the consumer, whatever it is
            error = caught
        self.ended.set()
        self._shelf.put(_End(error))

    def _fill(self) -> None:
        try:
            self._room.acquire()
            # The source is asked for an element only once there is room for it.
            for element in self._source:
                self._shelf.put(element)
                self._room.acquire()
                if self._stopped.is_set():
                    return
        finally:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()

"""Fetching one page while the one before is being parsed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class _End(Generic[T]):
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@contextmanager
def ahead(
    source: Iterator[T], *, by: int = 1, interrupt: Callable[[], object] = lambda: None
) -> Generator[Iterator[T]]:
    """Drain ``source`` in a thread of its own, at most ``by`` elements ahead of the consumer.

    An error of the source is raised where its element would have come. If the consumer fails before
    the source has ended, ``interrupt`` is called, which is to wake a source that waits; the source is
    closed in its thread and waited for.
    """
    shelf: queue.Queue[T | _End[T]] = queue.Queue(maxsize=by)
    stopped, ended = threading.Event(), threading.Event()

    def put(element: T | _End[T]) -> bool:
        while not stopped.is_set():
            try:
                shelf.put(element, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def fetch() -> None:
        end: _End[T] = _End(None)
        try:
            for element in source:
                if not put(element):
                    break
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, whatever it is
            end = _End(error)
        finally:
            ended.set()
            close = getattr(source, "close", None)
            if close is not None:
                close()
            put(end)

    thread = threading.Thread(target=fetch, name="genesys-pages", daemon=True)
    thread.start()
    try:
        yield _drain(shelf)
    except BaseException:
        if not ended.is_set():
            interrupt()
        raise
    finally:
        stopped.set()
        thread.join()


def _drain(shelf: queue.Queue[T | _End[T]]) -> Iterator[T]:
    while True:
        element = shelf.get()
        if isinstance(element, _End):
            if element.error is not None:
                raise element.error
            return
        yield element

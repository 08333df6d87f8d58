"""Fetching ahead: the next element is made while one is in use, and never more than that; work in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from genesys_assets.extraction.ahead import WORKERS, ahead, worked

PATIENCE = 30


def counting(made: list[int], until: int = 100, reached: threading.Event | None = None, at: int = -1) -> Iterator[int]:
    for number in range(until):
        made.append(number)
        if number == at and reached is not None:
            reached.set()
        yield number


def test_every_element_comes_in_order_and_then_it_ends():
    with ahead(counting([], 50)) as elements:
        assert list(elements) == list(range(50))


def test_an_empty_source_is_empty():
    with ahead(iter(())) as elements:
        assert list(elements) == []


def test_the_next_element_is_made_while_one_is_in_use():
    made: list[int] = []
    second = threading.Event()
    with ahead(counting(made, reached=second, at=1)) as elements:
        assert next(elements) == 0
        assert second.wait(PATIENCE), "the second was not made although the first was taken"
    assert made == [0, 1]


@pytest.mark.parametrize("by", [1, 2, 5])
def test_no_more_elements_are_made_than_allowed(by: int):
    taken = 0
    most = 0
    made: list[int] = []

    def watched() -> Iterator[int]:
        nonlocal most
        for number in counting(made, 60):
            # The consumer counts an element only after it has it: one may be on its way.
            most = max(most, number + 1 - taken)
            yield number

    with ahead(watched(), by=by) as elements:
        for _ in elements:
            taken += 1
    assert taken == 60
    assert most <= by + 1


def test_nothing_is_made_in_the_consumers_thread():
    def where() -> Iterator[int]:
        yield threading.get_ident()

    with ahead(where()) as elements:
        assert next(elements) != threading.get_ident()


def test_an_error_comes_where_its_element_would_have_come():
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise RuntimeError("the third is broken")

    got: list[int] = []
    with pytest.raises(RuntimeError, match="the third is broken"), ahead(failing()) as elements:
        for element in elements:
            got.append(element)
    assert got == [1, 2]
    with ahead(failing()) as elements:
        assert (next(elements), next(elements)) == (1, 2)
        with pytest.raises(RuntimeError, match="the third is broken"):
            next(elements)
        assert list(elements) == []


def test_leaving_early_closes_the_source_in_its_own_thread_and_waits_for_it():
    closed: list[int] = []

    def source() -> Iterator[int]:
        try:
            yield from counting([])
        finally:
            closed.append(threading.get_ident())

    with ahead(source()) as elements:
        assert next(elements) == 0
        assert not closed
    assert len(closed) == 1
    assert closed[0] != threading.get_ident()


def test_an_iterator_that_cannot_be_closed_is_left_alone():
    with ahead(iter([1, 2, 3])) as elements:
        assert next(elements) == 1


def test_a_consumer_that_fails_wakes_a_source_that_waits():
    woken = threading.Event()

    def waiting() -> Iterator[int]:
        yield 1
        assert woken.wait(PATIENCE), "nobody woke the source"
        raise RuntimeError("interrupted")

    with pytest.raises(ValueError, match="the consumer failed"), ahead(waiting(), interrupt=woken.set) as elements:
        next(elements)
        raise ValueError("the consumer failed")
    assert woken.is_set()


def test_a_source_that_has_ended_is_not_interrupted():
    interrupted = threading.Event()
    with pytest.raises(ValueError, match="late"), ahead(iter([1]), interrupt=interrupted.set) as elements:
        assert list(elements) == [1]
        raise ValueError("late")
    with pytest.raises(RuntimeError, match="of the source"), ahead(broken(), interrupt=interrupted.set) as elements:
        next(elements)
    assert not interrupted.is_set()


def test_what_is_made_of_the_elements_comes_in_their_order_whoever_is_done_first():
    second = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second.wait(PATIENCE), "the second was not worked on beside the first"
        second.set()
        return -number

    with worked(work, counting([], 50)) as made:
        assert list(made) == [-number for number in range(50)]


def test_work_is_not_begun_further_ahead_than_there_are_threads():
    taken = 0
    most = 0
    lock = threading.Lock()
    begun = 0

    def work(number: int) -> int:
        nonlocal begun, most
        with lock:
            begun += 1
            most = max(most, begun - taken)
        return number

    with worked(work, counting([], 60)) as made:
        for _ in made:
            taken += 1
    # The consumer counts an element only after it has it: one may be on its way.
    assert (taken, begun) == (60, 60)
    assert most <= WORKERS + 1


def test_an_error_of_the_work_or_of_the_source_comes_where_its_element_would_have_come():
    def work(number: int) -> int:
        if number == 2:
            raise RuntimeError("the third cannot be worked on")
        return number

    got: list[int] = []
    with pytest.raises(RuntimeError, match="the third"), worked(work, counting([])) as made:
        for number in made:
            got.append(number)
    assert got == [0, 1]
    with pytest.raises(RuntimeError, match="of the source"), worked(work, broken()) as made:
        next(made)


def test_a_consumer_of_work_that_fails_wakes_a_source_that_waits():
    woken = threading.Event()

    def waiting() -> Iterator[int]:
        yield 1
        assert woken.wait(PATIENCE), "nobody woke the source"

    with pytest.raises(ValueError, match="the consumer failed"), worked(str, waiting(), interrupt=woken.set) as made:
        assert next(made) == "1"
        raise ValueError("the consumer failed")
    assert woken.is_set()


def broken() -> Iterator[int]:
    raise RuntimeError("of the source")
    yield 1

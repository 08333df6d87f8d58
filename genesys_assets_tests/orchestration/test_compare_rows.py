"""The accounting of changes notices what it is there to notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genesys_assets_tests.orchestration.changes import Expected, Row, Rows, compare

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, LATER = SINCE - timedelta(days=1), SINCE + timedelta(seconds=5)
ROW = Row({"id": "a", "name": "Ana"}, BEFORE, BEFORE, None)
NEW = replace(ROW, created=LATER, updated=LATER)
CHANGED = replace(ROW, values={"id": "a", "name": "Ána"}, updated=LATER)
RETIRED = replace(ROW, updated=LATER, deleted=LATER)
KEY = ("a",)


def faults(before: Rows, after: Rows, **fate: set[tuple[object, ...]]) -> list[str]:
    return compare(before, after, SINCE, Expected(**{name: {"t": keys} for name, keys in fate.items()}).of("t"))


def test_what_was_expected_is_no_fault() -> None:
    assert not faults({}, {KEY: NEW}, inserted={KEY})
    assert not faults({KEY: ROW}, {KEY: CHANGED}, updated={KEY})
    assert not faults({KEY: ROW}, {KEY: RETIRED}, retired={KEY})
    assert not faults({KEY: replace(RETIRED, deleted=BEFORE, updated=BEFORE)}, {KEY: CHANGED}, restored={KEY})
    assert not faults({KEY: ROW}, {KEY: RETIRED}, anyhow={KEY})
    assert not faults({KEY: ROW}, {KEY: ROW})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {KEY: NEW}),
        ({KEY: ROW}, {KEY: CHANGED}),
        ({KEY: ROW}, {KEY: RETIRED}),
        ({KEY: replace(RETIRED, deleted=BEFORE)}, {KEY: CHANGED}),
        ({KEY: ROW}, {}),
        ({KEY: ROW}, {KEY: replace(ROW, updated=LATER)}),
        ({KEY: ROW}, {KEY: replace(ROW, created=LATER)}),
    ],
    ids=["inserted", "updated", "retired", "restored", "lost", "touched", "made anew"],
)
def test_what_nobody_expected_is_a_fault(before: Rows, after: Rows) -> None:
    assert faults(before, after)


@pytest.mark.parametrize("fate", ["inserted", "updated", "retired", "restored", "anyhow"])
def test_what_was_expected_and_did_not_happen_is_a_fault(fate: str) -> None:
    assert faults({KEY: ROW}, {KEY: ROW}, **{fate: {KEY}})


@pytest.mark.parametrize(
    ("fate", "before", "after"),
    [
        ("inserted", {}, {KEY: replace(NEW, updated=LATER + timedelta(seconds=1))}),
        ("inserted", {}, {KEY: replace(NEW, created=BEFORE, updated=BEFORE)}),
        ("updated", {KEY: ROW}, {KEY: replace(CHANGED, updated=BEFORE)}),
        ("updated", {KEY: ROW}, {KEY: replace(CHANGED, created=LATER)}),
        ("retired", {KEY: ROW}, {KEY: replace(RETIRED, deleted=BEFORE)}),
        ("retired", {KEY: ROW}, {KEY: replace(RETIRED, values=CHANGED.values)}),
        ("restored", {KEY: replace(RETIRED, deleted=BEFORE)}, {KEY: replace(ROW, updated=BEFORE)}),
    ],
)
def test_wrong_times_of_an_expected_change_are_a_fault(fate: str, before: Rows, after: Rows) -> None:
    assert faults(before, after, **{fate: {KEY}})

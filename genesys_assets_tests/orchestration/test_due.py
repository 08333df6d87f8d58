from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from genesys_assets.orchestration.due import Unfinished, due_days, unfinished

LEDGER = {"partition": pl.Date(), "status": pl.String(), "watermark": pl.Datetime("us", "UTC")}
START = date(2026, 1, 1)
READ = "conversation_details"


def ledger(*rows: tuple[date, str, datetime]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LEDGER, orient="row")


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_day_is_due_once_the_watermark_has_passed_its_end_and_not_before() -> None:
    assert [
        each.day.day for each in due_days(ledger(), read=READ, watermark=at(3, 23), start=date(2026, 3, 1), lookback=7)
    ] == [
        1,
        2,
    ]
    assert [
        each.day.day for each in due_days(ledger(), read=READ, watermark=at(4), start=date(2026, 3, 1), lookback=7)
    ] == [
        1,
        2,
        3,
    ]


def test_a_day_read_while_it_was_open_is_due_when_it_is_complete() -> None:
    read = ledger((date(2026, 3, 1), "open", at(1, 20)))
    due = due_days(read, read=READ, watermark=at(2), start=date(2026, 3, 1), lookback=7)
    assert [(each.day, each.reason) for each in due] == [(date(2026, 3, 1), "complete at Genesys since it was loaded")]


def test_a_provisional_day_is_due_again_when_the_watermark_moved_on_by_a_day() -> None:
    read = ledger((date(2026, 3, 1), "provisional", at(2, 5)))
    assert not due_days(read, read=READ, watermark=at(2, 23), start=date(2026, 3, 1), lookback=7)
    due = due_days(read, read=READ, watermark=at(3, 1), start=date(2026, 3, 1), lookback=7)
    assert [each.day for each in due] == [date(2026, 3, 1), date(2026, 3, 2)]


def test_a_settled_day_is_left_alone() -> None:
    read = ledger((date(2026, 3, 1), "settled", at(6)))
    assert date(2026, 3, 1) not in {
        each.day for each in due_days(read, read=READ, watermark=at(8), start=START, lookback=30)
    }


def test_the_same_reason_has_the_same_run_key_and_another_reason_another() -> None:
    first = due_days(ledger(), read=READ, watermark=at(2, 1), start=date(2026, 3, 1), lookback=7)[0].run_key
    assert first == due_days(ledger(), read=READ, watermark=at(2, 9), start=date(2026, 3, 1), lookback=7)[0].run_key
    assert first != due_days(ledger(), read=READ, watermark=at(3, 1), start=date(2026, 3, 1), lookback=7)[0].run_key


def test_days_before_the_start_or_beyond_the_lookback_are_left_alone() -> None:
    assert [each.day.day for each in due_days(ledger(), read=READ, watermark=at(20), start=START, lookback=3)] == [
        17,
        18,
        19,
    ]
    assert not due_days(ledger(), read=READ, watermark=at(2), start=date(2026, 3, 2), lookback=3)


def test_unfinished_tells_missing_open_provisional_overdue_and_settled_apart() -> None:
    rows = [(1, "settled"), (2, "provisional"), (4, "provisional"), (8, "open")]
    found = unfinished(ledger(*((date(2026, 3, day), status, at(8, 9)) for day, status in rows)))
    assert [day.day for day in found.missing] == [3, 5, 6, 7]
    assert [day.day for day in found.open] == [8]
    assert [day.day for day in found.provisional] == [2, 4]
    assert [day.day for day in found.overdue] == [2]
    assert found.settled == 1
    assert unfinished(ledger()) == Unfinished()

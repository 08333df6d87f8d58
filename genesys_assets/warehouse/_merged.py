"""What a merge did to a table, with the report and the ledger entries that follow; the same for every backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from genesys_assets.catalog.declare import Table
from genesys_assets.warehouse.protocol import Load, TableReport

INSERT, UPDATE, RESTORE, RETIRE = range(4)
"""The fates of a row that does not stay as it is."""


@dataclass(slots=True)
class Merged:
    """What the merge did to a table, by partition (``None`` for tables without)."""

    fates: dict[int, Counter[date | None]] = field(
        default_factory=lambda: {fate: Counter[date | None]() for fate in range(4)}
    )
    staged: Counter[date | None] = field(default_factory=Counter[date | None])
    stale: int = 0

    @property
    def inserted(self) -> Counter[date | None]:
        return self.fates[INSERT]

    @property
    def updated(self) -> Counter[date | None]:
        return self.fates[UPDATE]

    @property
    def restored(self) -> Counter[date | None]:
        return self.fates[RESTORE]

    @property
    def retired(self) -> Counter[date | None]:
        return self.fates[RETIRE]

    @property
    def unchanged(self) -> Counter[date | None]:
        """What was staged and found as it was."""
        rest = Counter(self.staged)
        for fate in (INSERT, UPDATE, RESTORE):
            rest.subtract(self.fates[fate])
        return rest

    def elsewhere(self, partitions: Sequence[date] | None) -> dict[date, int]:
        """Rows written or deleted in partitions that are not among these."""
        if partitions is None:
            return {}
        written = sum(self.fates.values(), Counter[date | None]())
        return {
            day: n for day, n in sorted((d, n) for d, n in written.items() if d is not None) if day not in partitions
        }


def report_of(load: Load, table: Table, merged: Merged, total: int) -> TableReport:
    """The report on a table that has ``total`` rows now."""
    return TableReport(
        inserted=merged.inserted.total(),
        updated=merged.updated.total(),
        retired=merged.retired.total(),
        restored=merged.restored.total(),
        unchanged=merged.unchanged.total(),
        total=total,
        quarantined=load.stage.rejected.get(table.name, 0),
        stale=merged.stale,
        other_partitions=merged.elsewhere(load.partitions),
    )


def entries_of(
    load: Load, table: Table, merged: Merged, report: TableReport, rows_of: Callable[[date], int]
) -> Iterator[tuple[date | None, list[object]]]:
    """For each partition of the load: the partition, and the counts of its rows and those of the load."""
    rest = [sum(report.other_partitions.values()), report.stale, report.quarantined]
    for day in dict.fromkeys(load.partitions) if load.partitions is not None else (None,):
        if day is None or table.partition_by is None:
            counts = [report.inserted, report.updated, report.retired, report.restored, report.unchanged]
            rows = report.total
        else:
            fates = (merged.inserted, merged.updated, merged.retired, merged.restored, merged.unchanged)
            counts = [fate[day] for fate in fates]
            rows = rows_of(day)
        yield day, [*counts, *rest, rows]

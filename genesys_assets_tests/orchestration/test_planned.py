"""Schedules, time off and forecasts as they change: published anew, cancelled, in weeks that are not all alike."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.project import Project, failures, project

pytestmark = pytest.mark.soak

UNITS = ("business_units", "management_units")
SCHEDULES, TIME_OFF, LISTS = "agent_schedules", "time_off_requests", "business_unit_schedules"
FORECASTS, DATA = "short_term_forecasts", "forecast_data"
READS = (SCHEDULES, TIME_OFF, LISTS, FORECASTS, DATA)
TABLES = [table for read in READS for table in load_catalog().reads()[read][1]]
SEARCH = "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search"
QUERY = "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests/query"
FORECAST = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekDateId}/shorttermforecasts"
EMPTY = {None, "", "[]", "{}"}
TODAY = date(2026, 3, 25)
"""A Wednesday: the clocks of Berlin change on the Sunday after it."""
NOW = "2026-03-25T08:00:00.000Z"
SMALL: dict[str, Any] = {
    "conversations_per_day": 10,
    "users": 60,
    "business_units": 2,
    "queues": 6,
    "groups": 3,
    "planning_groups": 2,
    "rate_limit": 0,
    "wfm_largest_answer": 10_000_000,
    "now": NOW,
}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    with planned(tmp_path, "small") as made:
        yield made


def planned(folder: Path, name: str, **settings: Any) -> Any:
    (folder / name).mkdir()
    return project(folder / name, simulator.Settings(**{**SMALL, **settings}), start=date(2026, 3, 1))


def load(made: Project, *reads: str, day: date = TODAY, until: date | None = None) -> Counter[str]:
    """Load some reads, and the units first if need be; the calls by endpoint."""
    if not len(made.warehouse.ledger([load_catalog()["management_unit"]])):
        result = made.run("metadata", asset_selection=made.assets(*UNITS))
        assert result.success, failures(result)
    made.control("DELETE", "statistics")
    result = made.run("historical", day=day, until=until, asset_selection=made.assets(*reads))
    assert result.success, failures(result)
    return Counter(made.control("GET", "statistics")["requests"])


def contents(made: Project, *tables: str) -> list[pl.DataFrame]:
    return [made.content_of(load_catalog()[name]) for name in tables or [table.name for table in TABLES]]


def units(made: Project) -> list[dict[str, Any]]:
    return made.control("GET", "world/business_units")


def ask(made: Project, method: str, path: str, **arguments: Any) -> Any:
    with made.resources["genesys"].connect() as client:
        return json.loads(client.request(method, path, **arguments).body)


def agent(made: Project, unit: int = 0) -> tuple[str, str]:
    """A management unit of a business unit, and one of its agents."""
    wanted = units(made)[unit]["id"]
    managed = [
        each["id"] for each in made.control("GET", "world/management_units") if each["businessUnit"]["id"] == wanted
    ]
    members = made.control("GET", "world/management_unit_users")
    return next((each["managementUnitId"], each["userId"]) for each in members if each["managementUnitId"] in managed)


# -- the whole -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    settings = simulator.Settings(rate_limit=0, now=NOW)
    with project(tmp_path_factory.mktemp("whole"), settings, start=date(2026, 3, 1)) as made:
        load(made, *READS, day=TODAY - timedelta(1), until=TODAY)
        yield made


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_filled_or_says_why_not(whole: Project, table: Any) -> None:
    rows = whole.rows(table.name)
    filled = {column.name for column in table.columns if set(rows[column.name]) - EMPTY}
    wanted = {column.name for column in table.columns if column.unfilled is None}
    assert filled == wanted


def test_nothing_is_rejected_or_unknown(whole: Project) -> None:
    assert not len(whole.warehouse.quarantined())
    assert whole.warehouse.drift().rows() == []


def test_a_second_load_changes_nothing_and_asks_for_no_detail_again(whole: Project) -> None:
    before = [whole.rows(table.name).sort(table.key) for table in TABLES]
    calls = load(whole, *READS, day=TODAY - timedelta(1), until=TODAY)
    assert all(
        now.equals(then)
        for now, then in zip([whole.rows(table.name).sort(table.key) for table in TABLES], before, strict=True)
    )
    managed = len(whole.control("GET", "world/management_units"))
    # Six weeks around today; fourteen windows of 33 days, and what is pending.
    assert calls[SEARCH] == 6 * managed
    assert calls[QUERY] == 15 * managed
    assert not [path for path in calls if path.startswith(f"GET {FORECAST}/")]


def test_a_day_of_the_past_is_read_for_the_weeks_that_it_touches_and_no_more(small: Project) -> None:
    calls = load(small, *READS[:4], day=date(2026, 3, 5))
    managed, owners = len(small.control("GET", "world/management_units")), len(units(small))
    assert calls[SEARCH] == calls[QUERY] == managed
    assert calls[f"GET {FORECAST}"] == owners
    starts = small.rows("agent_schedule")["activity_start_date"]
    assert starts.min() >= datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert starts.max() < datetime(2026, 3, 10, tzinfo=UTC)


def test_the_first_day_of_a_week_holds_what_is_left_of_the_shifts_of_the_night_before(small: Project) -> None:
    monday = date(2026, 3, 2)
    load(small, SCHEDULES, day=monday)
    expected = {
        each for each in told(small, "2026-02-27T00:00:00Z", "2026-03-04T00:00:00Z") if each[1].date() == monday
    }
    assert expected == {each for each in activities(small) if each[1].date() == monday}
    shifts = small.rows("agent_schedule").filter(pl.col("db_partition") == monday)["shift_start_date"]
    assert shifts.min() < datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_business_units_that_are_not_loaded_are_a_clear_error(small: Project) -> None:
    result = small.run("historical", day=TODAY, asset_selection=small.assets(SCHEDULES))
    assert not result.success
    assert any("load the table business_unit first" in message for message in failures(result))


# -- schedules ------------------------------------------------------------------------------------------------


def told(made: Project, first: str, end: str) -> set[tuple[Any, ...]]:
    """What one search of each management unit tells of a long time: agent, start and code of every activity."""
    found: list[tuple[Any, ...]] = []
    for managed in made.control("GET", "world/management_units"):
        path = f"/api/v2/workforcemanagement/managementunits/{managed['id']}/agentschedules/search"
        answer = ask(made, "POST", path, json={"startDate": first, "endDate": end})
        zone = ZoneInfo(answer["result"]["businessUnitTimeZone"])
        for each in answer["result"]["agentSchedules"]:
            user, listed = each["user"]["id"], [a for shift in each["shifts"] for a in shift["activities"]]
            found += [(user, moment(a["startDate"]), a["activityCodeId"]) for a in listed]
            for marker in each["fullDayTimeOffMarkers"]:
                day = datetime.fromisoformat(marker["businessUnitDate"]).replace(tzinfo=zone)
                found.append((user, day.astimezone(UTC), marker["activityCodeId"]))
    return set(found)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def activities(made: Project) -> set[tuple[Any, ...]]:
    return set(made.rows("agent_schedule").select("user_id", "activity_start_date", "activity_code").iter_rows())


def test_a_schedule_published_anew_loses_the_activities_that_fell_away_and_no_others(small: Project) -> None:
    load(small, SCHEDULES)
    before = small.rows("agent_schedule")
    unit = units(small)[0]["id"]
    small.control("POST", "workforce", action="republish", businessUnitId=unit, day=str(TODAY))
    load(small, SCHEDULES)
    after = small.rows("agent_schedule")
    # That of two weeks, the second of which is this one; of the first, its first day lies at the edge of what is read.
    week = (pl.col("business_unit_id") == unit) & (pl.col("schedule_week_date") == date(2026, 3, 16))
    meeting = pl.col("activity_code") == "3"
    assert len(before.filter(week & meeting))
    assert not len(after.filter(week & meeting))
    assert after.filter(week)["shift_manually_edited"].all()
    others, key = ~week.fill_null(value=False), load_catalog()["agent_schedule"].key
    assert before.filter(others).sort(key).equals(after.filter(others).sort(key))
    expected = told(small, "2026-03-01T00:00:00Z", "2026-05-10T00:00:00Z")
    days = set(after.select("business_unit_id", "db_partition").iter_rows())
    of_unit = after.filter(pl.col("business_unit_id") == unit)
    assert {each for each in activities(small) if each[0] in set(of_unit["user_id"])} == {
        each for each in expected if (unit, each[1].date()) in days and each[0] in set(of_unit["user_id"])
    }


def test_a_management_unit_that_fails_keeps_its_rows_and_the_others_go_on(small: Project) -> None:
    load(small, SCHEDULES)
    managed, _ = agent(small)
    before = small.rows("agent_schedule")
    for unit in units(small):
        small.control("POST", "workforce", action="republish", businessUnitId=unit["id"], day=str(TODAY))
    path = f"/api/v2/workforcemanagement/managementunits/{managed}/agentschedules/search"
    small.control("POST", "failures", path=path, status=403)
    result = small.run("historical", day=TODAY, asset_selection=small.assets(SCHEDULES))
    assert not result.success
    assert any(managed in message and "keep their rows" in message for message in failures(result))
    mine, key = pl.col("management_unit_id") == managed, load_catalog()["agent_schedule"].key
    after = small.rows("agent_schedule")
    assert after.filter(mine).sort(key).equals(before.filter(mine).sort(key))
    assert len(after.filter(~mine)) < len(before.filter(~mine))
    small.control("DELETE", "failures")
    load(small, SCHEDULES)
    assert len(small.rows("agent_schedule").filter(mine)) < len(before.filter(mine))


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [("2026-03-25T08:00:00Z", "2026-03-17", "2026-04-12"), ("2026-10-21T08:00:00Z", "2026-10-13", "2026-11-08")],
    ids=["spring", "autumn"],
)
def test_weeks_that_begin_on_sundays_and_mondays_and_have_an_hour_less_or_more_leave_no_gap(
    tmp_path: Path, now: str, first: str, last: str
) -> None:
    """Whatever the weeks: on days that were read in full is exactly what one search of the whole time tells."""
    with planned(tmp_path, "clocks", now=now) as made:
        today = date.fromisoformat(now[:10])
        load(made, SCHEDULES, LISTS, day=today)
        begin, end = moment(f"{first}T00:00:00Z"), moment(f"{last}T00:00:00Z")
        expected = told(made, f"{begin - timedelta(2):%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}")
        assert {each for each in activities(made) if begin <= each[1] < end} == {
            each for each in expected if begin <= each[1] < end
        }
        days = dict(made.rows("business_unit").select("id", "start_day_of_week").iter_rows())
        assert set(days.values()) == {"Sunday", "Monday"}
        for table, week in (
            ("business_unit_schedule_list_item", "week_date"),
            ("agent_schedule", "schedule_week_date"),
        ):
            for unit, day in made.rows(table).select("business_unit_id", week).drop_nulls().unique().iter_rows():
                assert f"{day:%A}" == days[unit]
        off = made.rows("agent_schedule").filter("is_full_day_time_off")
        assert len(off)
        zones = dict(made.rows("business_unit").select("id", "time_zone").iter_rows())
        for unit, start, day in off.select("business_unit_id", "activity_start_date", "business_unit_date").iter_rows():
            local = start.astimezone(ZoneInfo(zones[unit]))
            assert (local.date(), local.hour, local.minute) == (day, 0, 0)
        # A load of the day on which a week begins finds nothing to change: night shifts stay whole.
        before = contents(made, "agent_schedule")[0]
        load(made, SCHEDULES, day=today - timedelta(2))
        assert contents(made, "agent_schedule")[0].equals(before)


def test_two_activities_of_an_agent_with_the_same_start_and_code_are_two_rows(whole: Project) -> None:
    doubled = whole.rows("agent_schedule").filter(pl.col("ordinal") == 1)
    assert set(doubled["description"]) == {"Besprechung 2"}


def test_a_search_that_is_only_promised_is_made_smaller_until_it_is_answered(tmp_path: Path) -> None:
    with planned(tmp_path, "one") as one, planned(tmp_path, "two", wfm_largest_search=60) as two:
        calls = [load(made, SCHEDULES)[SEARCH] for made in (one, two)]
        assert calls[0] < calls[1]
        assert contents(one, "agent_schedule")[0].equals(contents(two, "agent_schedule")[0])


def test_a_search_that_cannot_be_made_smaller_fails_and_deletes_nothing(tmp_path: Path) -> None:
    with planned(tmp_path, "busy", wfm_largest_search=1) as made:
        result = made.run("metadata", asset_selection=made.assets(*UNITS))
        assert result.success
        result = made.run("historical", day=TODAY, asset_selection=made.assets(SCHEDULES))
        assert not result.success
        assert any("'Processing'; it cannot be made smaller" in message for message in failures(result))


def test_answers_that_lie_behind_an_address_are_loaded_like_any_other(tmp_path: Path) -> None:
    with planned(tmp_path, "one") as one, planned(tmp_path, "two", wfm_downloads=True) as two:
        for made in (one, two):
            load(made, *READS)
        for table, first, second in zip(TABLES, contents(one), contents(two), strict=True):
            assert len(first), table.name
            assert first.equals(second), table.name


# -- time off -------------------------------------------------------------------------------------------------


def test_a_request_is_approved_and_cancelled_and_with_it_the_day_off_in_the_schedule(small: Project) -> None:
    _, user = agent(small)
    day = "2026-04-01"
    made = small.control(
        "POST", "workforce", action="request", user=user, fields={"fullDayManagementUnitDates": [day, "2026-04-02"]}
    )

    def edit(**fields: Any) -> None:
        small.control("POST", "workforce", action="edit", id=made["id"], fields=fields)

    def row() -> tuple[Any, ...]:
        of = small.rows("time_off_request_response").filter(pl.col("id") == made["id"])
        (found,) = of.select("status", "version", "first_day_off", "db_partition").iter_rows()
        off = small.rows("agent_schedule").filter(pl.col("time_off_request_id") == made["id"])
        return *found, sorted(off["activity_start_date"])

    expected = date(2026, 4, 1)
    load(small, SCHEDULES, TIME_OFF)
    assert row() == ("PENDING", 1, expected, expected, [])
    edit(status="APPROVED")
    load(small, SCHEDULES, TIME_OFF)
    # Berlin has summer time by then.
    midnights = [datetime(2026, 3, 31, 22, tzinfo=UTC), datetime(2026, 4, 1, 22, tzinfo=UTC)]
    assert row() == ("APPROVED", 2, expected, expected, midnights)
    edit(status="CANCELED")
    load(small, SCHEDULES, TIME_OFF)
    assert row() == ("CANCELED", 3, expected, expected, [])


def test_a_request_of_today_for_next_year_is_found_and_so_is_its_end(small: Project) -> None:
    _, user = agent(small, 1)
    fields = {"partialDayStartDateTimes": ["2027-04-20T03:30:00.000Z", "2027-04-19T03:30:00.000Z"]}
    far = small.control("POST", "workforce", action="request", user=user, fields={**fields, "isFullDayRequest": False})
    later = {"fullDayManagementUnitDates": ["2028-01-03"]}
    pending = small.control("POST", "workforce", action="request", user=user, fields=later)
    load(small, TIME_OFF)
    small.control("POST", "workforce", action="edit", id=far["id"], fields={"status": "CANCELED"})
    load(small, TIME_OFF)
    rows = small.rows("time_off_request_response").filter(pl.col("id").is_in([far["id"], pending["id"]]))
    found = rows.sort("first_day_off").select("status", "first_day_off", "db_partition").rows()
    days = (date(2027, 4, 19), date(2028, 1, 3))
    assert found == [("CANCELED", days[0], days[0]), ("PENDING", days[1], days[1])]


def test_a_request_follows_its_agent_to_another_management_unit(small: Project) -> None:
    managed, user = agent(small)
    fields = {"fullDayManagementUnitDates": ["2026-04-01"]}
    made = small.control("POST", "workforce", action="request", user=user, fields=fields)
    load(small, TIME_OFF)
    other, _ = agent(small, 1)
    small.control(
        "POST",
        "world",
        action="edit",
        kind="management_unit_users",
        id=f"{managed}:{user}",
        fields={"managementUnitId": other},
    )
    load(small, TIME_OFF)
    rows = small.rows("time_off_request_response").filter(pl.col("id") == made["id"])
    assert rows["management_unit_id"].to_list() == [other]


# -- forecasts ------------------------------------------------------------------------------------------------


def test_a_week_in_which_the_clocks_change_has_four_quarters_less_or_more(tmp_path: Path) -> None:
    weeks = {"2026-03-25": (date(2026, 3, 23), 668), "2026-10-21": (date(2026, 10, 19), 676)}
    for day, (week, quarters) in weeks.items():
        with planned(tmp_path, day, now=f"{day}T08:00:00Z") as made:
            load(made, FORECASTS, DATA, day=date.fromisoformat(day))
            unit = units(made)[0]["id"]
            begin = datetime(week.year, week.month, week.day, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
            of_unit = made.rows("wfm_forecast").filter(pl.col("business_unit_id") == unit)
            of_week = of_unit.filter(pl.col("reference_start_date") == begin)
            counts = of_week.group_by("planning_group_id").len()["len"].to_list()
            assert counts == [quarters] * 2
            starts = of_week["interval_start"].unique().sort()
            assert starts.to_list() == [begin + n * timedelta(minutes=15) for n in range(quarters)]
            # The weeks of a unit follow each other without a gap or a quarter twice.
            every = of_unit.filter(pl.col("planning_group_id") == of_unit["planning_group_id"][0])["interval_start"]
            assert set(every.sort().diff().drop_nulls()) == {timedelta(minutes=15)}


def test_a_forecast_is_read_again_only_once_it_has_changed_and_all_its_weeks_are(small: Project) -> None:
    load(small, FORECASTS, DATA)
    long = small.rows("wfm_short_term_forecast").filter(pl.col("week_count") == 2).sort("id").row(0, named=True)
    mine = pl.col("forecast_id") == long["id"]
    before = small.rows("wfm_forecast")
    assert set(before.filter(mine)["week_number"]) == {1, 2}
    small.control("POST", "workforce", action="recast", id=long["id"])
    calls = load(small, FORECASTS, DATA)
    assert calls[f"GET {FORECAST}/{{forecastId}}"] == 1
    assert calls[f"GET {FORECAST}/{{forecastId}}/data"] == 2
    after, key = small.rows("wfm_forecast"), load_catalog()["wfm_forecast"].key
    assert after.filter(~mine).sort(key).equals(before.filter(~mine).sort(key))
    assert set(after.filter(mine)["forecast_version"]) == {long["version"] + 1}
    assert not after.filter(mine)["offered"].sort().equals(before.filter(mine)["offered"].sort())


def test_a_forecast_that_fails_keeps_its_rows_and_one_that_is_gone_is_no_failure(small: Project) -> None:
    load(small, FORECASTS, DATA)
    broken, gone = small.rows("wfm_short_term_forecast").sort("id").head(2).iter_rows(named=True)
    for each in (broken, gone):
        small.control("POST", "workforce", action="recast", id=each["id"])
    load(small, FORECASTS)
    before = contents(small, "wfm_forecast")[0]
    small.control("POST", "workforce", action="delete", id=gone["id"])
    filled = {"{businessUnitId}": broken["business_unit_id"], "{weekDateId}": str(broken["week_date"])}
    path = f"{FORECAST}/{broken['id']}/data"
    for name, value in filled.items():
        path = path.replace(name, value)
    small.control("POST", "failures", path=path, status=403)
    result = small.run("historical", day=TODAY, asset_selection=small.assets(DATA))
    assert any(broken["id"] in message and "1 parents" in message for message in failures(result))
    assert contents(small, "wfm_forecast")[0].equals(before)
    small.control("DELETE", "failures")
    load(small, DATA)
    versions = dict(small.rows("wfm_forecast").select("forecast_id", "forecast_version").unique().iter_rows())
    assert versions[broken["id"]] == broken["version"] + 1
    assert versions[gone["id"]] == gone["version"]


def test_without_forecasts_there_is_no_data_but_a_clear_message(small: Project) -> None:
    result = small.run("metadata", asset_selection=small.assets(*UNITS))
    assert result.success
    result = small.run("historical", day=TODAY, asset_selection=small.assets(DATA))
    assert any("load the table wfm_short_term_forecast first" in message for message in failures(result))

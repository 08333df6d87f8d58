"""The official client reads schedules, time off and forecasts, and nothing in an answer is unknown to its models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from PureCloudPlatformClientV2.api_client import ApiClient
from PureCloudPlatformClientV2.apis.workforce_management_api import WorkforceManagementApi

from genesys_assets.simulator import Simulator
from genesys_assets_tests.simulator.test_official_sdk import answered, api, read, simulator

__all__ = ["api", "simulator"]

WFM = WorkforceManagementApi
SEARCH = WFM.post_workforcemanagement_managementunit_agentschedules_search
TIME_OFF = WFM.post_workforcemanagement_managementunit_timeoffrequests_query
FORECASTS = WFM.get_workforcemanagement_businessunit_week_shorttermforecasts
DATA = WFM.get_workforcemanagement_businessunit_week_shorttermforecast_data
SCHEDULES = WFM.get_workforcemanagement_businessunit_week_schedules
WEEK = {"startDate": "2026-05-18T00:00:00Z", "endDate": "2026-05-25T00:00:00Z"}
DATES = {"dateRange": {"startDate": "2026-05-01", "endDate": "2026-06-02"}}


def units(simulator: Simulator, kind: str) -> list[str]:
    return [each["id"] for each in simulator.entities(kind)]


def test_schedules_of_recent_weeks_are_published_ones_and_drafts_and_a_long_one_comes_with_each_of_its_weeks(
    simulator: Simulator, api: ApiClient
) -> None:
    for unit in units(simulator, "business_units"):
        found = read(api, SCHEDULES, business_unit_id=unit, week_id="recent", expand="forecast.description").entities
        assert {schedule.published for schedule in found} == {True, False}
        assert any(schedule.short_term_forecast.description for schedule in found if schedule.short_term_forecast)
        published = read(api, SCHEDULES, business_unit_id=unit, week_id="recent", include_only_published=True).entities
        assert {schedule.id for schedule in published} == {schedule.id for schedule in found if schedule.published}
        long = next(schedule for schedule in found if schedule.week_count == 2)
        for week in (long.week_date, long.week_date + timedelta(days=7)):
            told = read(api, SCHEDULES, business_unit_id=unit, week_id=week.isoformat()).entities
            assert long.id in {schedule.id for schedule in told}


def test_a_week_has_to_begin_on_the_first_day_of_the_unit(simulator: Simulator, api: ApiClient) -> None:
    for unit in simulator.entities("business_units"):
        first = {"Monday": "2026-05-18", "Sunday": "2026-05-17"}[unit["settings"]["startDayOfWeek"]]
        assert read(api, SCHEDULES, business_unit_id=unit["id"], week_id=first).entities
        with pytest.raises(Exception, match="does not begin on a"):
            read(api, SCHEDULES, business_unit_id=unit["id"], week_id="2026-05-20")


def test_the_official_client_reads_forecasts_with_their_detail_and_the_data_of_every_week(
    simulator: Simulator, api: ApiClient
) -> None:
    for unit in units(simulator, "business_units"):
        found = read(api, FORECASTS, business_unit_id=unit, week_date_id="recent").entities
        long = next(forecast for forecast in found if forecast.week_count == 2)
        where = {"business_unit_id": unit, "week_date_id": long.week_date, "forecast_id": long.id}
        one = read(api, WFM.get_workforcemanagement_businessunit_week_shorttermforecast, **where)
        assert one.time_zone
        results = [read(api, DATA, week_number=number, **where).result for number in (1, 2)]
        assert results[0].reference_start_date == one.reference_start_date
        assert [result.week_number for result in results] == [1, 2]
        assert read(api, DATA, **where).result.week_number == 1
        with pytest.raises(Exception, match="no week 3"):
            read(api, DATA, week_number=3, **where)


def test_the_official_client_searches_shifts_and_days_off(simulator: Simulator, api: ApiClient) -> None:
    agents: list[Any] = []
    for unit in units(simulator, "management_units"):
        assert read(api, SEARCH, management_unit_id=unit, body=WEEK).status == "Complete"
        raw = answered(api)
        # What is large lies elsewhere, unless a client asks for little.
        agents += (raw.get("result") or httpx.get(raw["downloadUrl"]).json())["agentSchedules"]
    shifts = [shift for agent in agents for shift in agent["shifts"]]
    assert {shift["startDate"][:10] for shift in shifts} == {f"2026-05-{day}" for day in range(18, 25)}
    assert any(agent["fullDayTimeOffMarkers"] for agent in agents)
    activities = [activity for shift in shifts for activity in shift["activities"]]
    kinds = {activity.get("externalActivityType") for activity in activities}
    assert kinds == {None, "Coaching", "Learning", "ActivityPlan", "Opportunity"}
    assert any("timeOffRequestId" in activity for activity in activities)


def test_a_search_is_only_promised_where_that_is_asked_for(simulator: Simulator, api: ApiClient) -> None:
    answer = read(api, SEARCH, management_unit_id=units(simulator, "management_units")[0], body=WEEK, force_async=True)
    assert (answer.status, answer.result, answer.download_url) == ("Processing", None, None)
    assert answer.operation_id


def test_the_official_client_queries_time_off_by_its_days_or_all_that_is_pending(
    simulator: Simulator, api: ApiClient
) -> None:
    statuses: set[str] = set()
    for unit in units(simulator, "management_units")[:-1]:
        statuses |= {each.status for each in read(api, TIME_OFF, management_unit_id=unit, body=DATES).entities}
        pending = read(api, TIME_OFF, management_unit_id=unit, body={"statuses": ["PENDING"]}).entities
        assert {each.status for each in pending} == {"PENDING"}
    assert statuses == {"PENDING", "APPROVED", "DENIED", "CANCELED"}
    for body in ({}, {"dateRange": {"startDate": "2026-05-01", "endDate": "2026-06-03"}}):
        with pytest.raises(Exception, match=r"33 days|dateRange"):
            read(api, TIME_OFF, management_unit_id=unit, body=body)


@pytest.mark.parametrize("call", [SEARCH, TIME_OFF, DATA], ids=lambda call: call.__name__)
def test_what_has_to_be_downloaded_is_what_is_answered_otherwise(
    simulator: Simulator, api: ApiClient, call: Callable[..., Any]
) -> None:
    unit = units(simulator, "management_units")[0]
    arguments: dict[str, Any] = {"management_unit_id": unit, "body": WEEK if call is SEARCH else DATES}
    if call is DATA:
        unit = units(simulator, "business_units")[0]
        forecast = read(api, FORECASTS, business_unit_id=unit, week_date_id="recent").entities[0]
        week = date.fromisoformat(str(forecast.week_date))
        arguments = {"business_unit_id": unit, "week_date_id": week, "forecast_id": forecast.id}
    address = read(api, call, force_download_service=True, **arguments).download_url
    told = httpx.get(address).json()
    read(api, call, **arguments)
    whole = answered(api)
    assert told == (whole if call is TIME_OFF else whole["result"])

"""Which parents are asked for: not those that cannot have changed, nor those that may not be looked into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.changes import Organisation, load, rows_of
from genesys_assets_tests.orchestration.project import Project, project

SETTINGS = simulator.Settings(
    conversations_per_day=10, users=40, queues=8, groups=2, teams=2, external_contacts=40, rate_limit=0,
    evaluation_forms=3, activity_codes=9, planning_groups=2,
)  # fmt: skip
CATALOG = load_catalog()
FORMS = [CATALOG["evaluation_form"], *CATALOG.reads()["evaluation_form_contents"][1]]
UNITS = [CATALOG["business_unit"], CATALOG["business_unit_activity_code"]]
CONTENTS = "GET /api/v2/quality/forms/evaluations/{formId}"
CODES = "GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes"


@pytest.fixture
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("parents"), SETTINGS, retry_seconds=0) as made:
        assert not load(made, FORMS + UNITS)
        made.control("DELETE", "statistics")
        yield made


def asked(made: Project, endpoint: str) -> int:
    return made.control("DELETE", "statistics")["requests"].get(endpoint, 0)


def present(made: Project, table: str, column: str) -> dict[object, bool]:
    """Whether there are present rows, by a column's value."""
    found: dict[object, bool] = {}
    rows = made.rows(table)
    for value, deleted in rows.select(column, "db_when_deleted").rows():
        found[value] = found.get(value, False) or deleted is None
    return found


def test_a_version_that_is_known_is_never_asked_for_again_and_a_new_one_is(loaded: Project) -> None:
    organisation = Organisation(loaded)
    assert not load(loaded, FORMS)
    assert asked(loaded, CONTENTS) == 0
    new = organisation.add("evaluation_forms", name="Nova")["id"]
    assert not load(loaded, FORMS)
    assert asked(loaded, CONTENTS) == 1
    assert present(loaded, "evaluation_question", "form_id")[new]


def test_a_version_without_a_row_in_one_of_the_tables_is_asked_for_again(loaded: Project) -> None:
    group = {"id": "g", "questions": [{"id": "q", "type": "freeTextQuestion"}]}
    Organisation(loaded).add("evaluation_forms", questionGroups=[group])
    for expected in (1, 1):
        assert not load(loaded, FORMS)
        assert asked(loaded, CONTENTS) == expected
    assert not load(loaded, [table for table in FORMS if table.name != "answer_option"])
    assert asked(loaded, CONTENTS) == 0, "only the tables that are wanted count"


def test_what_belongs_to_a_version_retires_with_it_and_comes_back_with_it(loaded: Project) -> None:
    organisation = Organisation(loaded)
    gone, stays = (form["id"] for form in organisation.made("evaluation_forms")[:2])
    organisation.remove("evaluation_forms", gone)
    assert not load(loaded, FORMS)
    for table in FORMS[1:]:
        assert present(loaded, table.name, "form_id") | {gone: False, stays: True} == present(
            loaded, table.name, "form_id"
        )
    assert asked(loaded, CONTENTS) == 0
    organisation.restore("evaluation_forms", gone)
    assert not load(loaded, FORMS)
    assert asked(loaded, CONTENTS) == 1
    assert all(present(loaded, "answer_option", "form_id").values())


def test_a_version_that_could_not_be_read_is_asked_for_the_next_time(loaded: Project) -> None:
    organisation = Organisation(loaded)
    new = organisation.add("evaluation_forms", name="Nova")["id"]
    organisation.fail(f"/api/v2/quality/forms/evaluations/{new}")
    assert load(loaded, FORMS)
    assert new not in present(loaded, "evaluation_question", "form_id")
    organisation.heal()
    assert not load(loaded, FORMS)
    assert present(loaded, "evaluation_question", "form_id")[new]


def test_a_unit_that_may_not_be_looked_into_keeps_its_rows_and_fails_nothing(loaded: Project) -> None:
    organisation = Organisation(loaded)
    closed = organisation.made("business_units")[1]["id"]
    before = rows_of(loaded, UNITS[1])
    organisation.edit("business_units", closed, authorized=False)
    assert not load(loaded, UNITS)
    assert asked(loaded, CODES) == 2
    assert rows_of(loaded, UNITS[1]) == before
    units = loaded.rows("business_unit").select("id", "authorized").rows()
    assert dict(units)[closed] is False


def test_a_unit_that_may_no_longer_be_looked_into_keeps_the_settings_that_are_known(loaded: Project) -> None:
    organisation = Organisation(loaded)
    closed, settings = organisation.made("business_units")[1]["id"], ["id", "time_zone", "start_day_of_week", "version"]
    before = loaded.rows("business_unit").select(settings).sort("id")
    organisation.edit("business_units", closed, authorized=False)
    assert not load(loaded, UNITS)
    assert loaded.rows("business_unit").select(settings).sort("id").equals(before)
    assert dict(loaded.rows("business_unit").select("id", "authorized").rows())[closed] is False

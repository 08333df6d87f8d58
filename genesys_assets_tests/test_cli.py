from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from genesys_assets import cli, simulator
from genesys_assets.catalog import load_catalog

GENESYS = ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "API_URL", "LOGIN_URL")


@pytest.fixture
def organisation(monkeypatch: pytest.MonkeyPatch) -> Iterator[simulator.Simulator]:
    with simulator.serve(simulator.Settings(users=30, conversations_per_day=10)) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        yield served


def output(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_tables_lists_all_and_the_columns_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tables"]) == 0
    listed = output(capsys)
    assert all(table.name[:12] in listed for table in load_catalog())
    assert cli.main(["tables", "division"]) == 0
    assert "home_division" in output(capsys)


def test_tables_says_so_when_there_is_no_such_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tables", "quue"]) == 1
    assert "no table quue" in output(capsys)


def test_doctor_finds_nothing_wrong_with_a_sound_connection(
    organisation: simulator.Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor"]) == 0
    told = output(capsys)
    assert "the OAuth client signs in" in told
    assert "watermark: conversation jobs know everything up to" in told
    assert "300 requests a minute allowed" in told


def test_doctor_knows_both_watermarks_and_asks_for_nothing_where_rows_are_computed(
    organisation: simulator.Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor"]) == 0
    told = output(capsys)
    assert "watermark: user jobs know everything up to" in told
    assert "queue_aggregations_second, queue_second_histogram3: computed from analytics_conversation," in told
    requests = organisation.statistics()["requests"]
    # Of the conversations, of the feed of the surveys, and of the watermark.
    assert requests["GET /api/v2/analytics/conversations/details/jobs/availability"] == 3


def test_doctor_names_the_table_and_the_permission_that_is_lacking(
    organisation: simulator.Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    organisation.deny("routing:queue:view")
    assert cli.main(["doctor"]) == 1
    told = output(capsys)
    assert "wrong queue:" in told
    assert "give a role of the OAuth client routing:queue:view" in told


def test_doctor_tells_what_to_do_about_a_wrong_secret_without_showing_it(
    organisation: simulator.Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "not-the-secret")
    assert cli.main(["doctor"]) == 1
    told = output(capsys)
    assert "wrong credentials:" in told
    assert "not-the-secret" not in told


def test_doctor_names_the_variable_that_is_missing(
    organisation: simulator.Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENESYSCLOUD_OAUTHCLIENT_SECRET")
    assert cli.main(["doctor"]) == 1
    assert "GENESYSCLOUD_OAUTHCLIENT_SECRET" in output(capsys)


def test_doctor_without_credentials_says_that_the_organisation_is_simulated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GENESYS:
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    assert cli.main(["doctor"]) == 0
    assert "simulated organisation" in output(capsys)


@pytest.mark.soak
def test_the_demo_run_twice_changes_nothing_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text(Path("dagster.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for name in GENESYS:
        monkeypatch.setenv(f"GENESYSCLOUD_{name}", "")
    arguments = ["demo", "--conversations", "30", "--days", "2"]
    assert cli.main(arguments) == 0
    first = output(capsys)
    assert " 0 updated, 0 retired" in first
    assert not re.search(r"(?<![\d,])0 inserted, ", first)
    assert cli.main(arguments) == 0
    assert re.search(r"(?<![\d,])0 inserted, 0 updated, 0 retired", output(capsys))

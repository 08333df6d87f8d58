from __future__ import annotations

import gc
from pathlib import Path

import pytest

from genesys_assets.genesys import SettingsError
from genesys_assets.orchestration.partitions import start_date
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource

GENESYS = ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "API_URL", "LOGIN_URL")


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GENESYS:
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)


def test_without_credentials_a_simulated_organisation_serves_as_long_as_the_process_lives(tmp_path: Path) -> None:
    genesys = GenesysResource(throttle_state=str(tmp_path))
    for _ in range(2):
        with genesys.connect() as client:
            gc.collect()
            assert b'"id"' in client.request("GET", "/api/v2/organizations/me").body


def test_half_of_the_credentials_is_an_error_and_never_a_simulated_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYSCLOUD_REGION", "eu-central-1")
    with pytest.raises(SettingsError, match="GENESYSCLOUD_OAUTHCLIENT_ID"), GenesysResource().connect():
        pass


def test_the_warehouse_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESYS_ASSETS_WAREHOUSE", "elsewhere.duckdb")
    assert WarehouseResource.from_environment().location == "elsewhere.duckdb"
    monkeypatch.delenv("GENESYS_ASSETS_WAREHOUSE")
    assert WarehouseResource.from_environment().location == ".genesys/warehouse.duckdb"


def test_a_start_date_that_is_no_date_is_named() -> None:
    with pytest.raises(ValueError, match="GENESYS_ASSETS_START_DATE='yesterday' is not a date"):
        start_date({"GENESYS_ASSETS_START_DATE": "yesterday"})


def test_the_requests_a_minute_are_those_that_the_environment_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENESYS_ASSETS_REQUESTS_PER_MINUTE", raising=False)
    assert GenesysResource.from_environment().requests_per_minute == 300
    monkeypatch.setenv("GENESYS_ASSETS_REQUESTS_PER_MINUTE", "600")
    assert GenesysResource.from_environment().requests_per_minute == 600
    monkeypatch.setenv("GENESYS_ASSETS_REQUESTS_PER_MINUTE", "many")
    with pytest.raises(ValueError, match="GENESYS_ASSETS_REQUESTS_PER_MINUTE='many' is not a number"):
        GenesysResource.from_environment()

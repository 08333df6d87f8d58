from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from genesys_assets.genesys import REGIONS, Settings, SettingsError


def hosts_of_the_official_sdk() -> list[Any]:
    """Its list of regions, without the seconds that importing all of it takes."""
    package = importlib.util.find_spec("PureCloudPlatformClientV2")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).with_name("purecloud_region_hosts.py")
    spec = importlib.util.spec_from_file_location("purecloud_region_hosts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.PureCloudRegionHosts)


SDK_HOSTS = hosts_of_the_official_sdk()

COMPLETE = {
    "GENESYSCLOUD_REGION": "eu-central-1",
    "GENESYSCLOUD_OAUTHCLIENT_ID": "an-id",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET": "a-secret",
}


@pytest.mark.parametrize("host", SDK_HOSTS, ids=lambda host: host.name)
def test_every_region_of_the_official_sdk_is_known_by_its_name_and_its_domain(host: Any) -> None:
    name = host.name.replace("_", "-")
    domain = host.value.removeprefix("https://api.")
    for region in (name, domain, domain.upper()):
        settings = Settings.from_environment(COMPLETE | {"GENESYSCLOUD_REGION": region})
        assert settings is not None
        assert (settings.api_url, settings.login_url) == (host.value, f"https://login.{domain}")


def test_no_region_is_known_that_the_official_sdk_does_not_know() -> None:
    assert set(REGIONS.values()) == {host.value.removeprefix("https://api.") for host in SDK_HOSTS}


def test_no_variable_at_all_means_no_settings() -> None:
    assert Settings.from_environment({"PATH": "/bin", "GENESYS": "no"}) is None


@pytest.mark.parametrize("missing", COMPLETE)
@pytest.mark.parametrize("how", ["absent", "empty", "blank"])
def test_a_variable_that_is_missing_is_named(missing: str, how: str) -> None:
    env = {name: value for name, value in COMPLETE.items() if name != missing}
    if how != "absent":
        env[missing] = "" if how == "empty" else "  "
    with pytest.raises(SettingsError, match=f"^{missing} missing") as caught:
        Settings.from_environment(env)
    assert "a-secret" not in str(caught.value)


def test_any_variable_of_the_vendor_alone_is_half_a_configuration_not_none() -> None:
    with pytest.raises(SettingsError, match="GENESYSCLOUD_OAUTHCLIENT_ID"):
        Settings.from_environment({"GENESYSCLOUD_ACCESS_TOKEN": "x"})


def test_addresses_replace_those_of_the_region_one_by_one() -> None:
    settings = Settings.from_environment(COMPLETE | {"GENESYSCLOUD_API_URL": "http://localhost:8080/"})
    assert settings is not None
    assert (settings.api_url, settings.login_url) == ("http://localhost:8080", "https://login.mypurecloud.de")


def test_both_addresses_make_the_region_unnecessary() -> None:
    env = {name: value for name, value in COMPLETE.items() if name != "GENESYSCLOUD_REGION"}
    env |= {"GENESYSCLOUD_API_URL": "http://localhost:1", "GENESYSCLOUD_LOGIN_URL": "http://localhost:2"}
    settings = Settings.from_environment(env)
    assert settings is not None
    assert (settings.api_url, settings.login_url) == ("http://localhost:1", "http://localhost:2")


def test_one_address_without_a_region_is_not_enough() -> None:
    env = COMPLETE | {"GENESYSCLOUD_REGION": "", "GENESYSCLOUD_API_URL": "http://localhost:1"}
    with pytest.raises(SettingsError, match="GENESYSCLOUD_REGION missing"):
        Settings.from_environment(env)


def test_an_unknown_region_is_named_with_those_that_exist() -> None:
    with pytest.raises(SettingsError, match=r"mars-north-1.*eu-west-1 \(mypurecloud.ie\)"):
        Settings.from_environment(COMPLETE | {"GENESYSCLOUD_REGION": "mars-north-1"})


@pytest.mark.parametrize("url", ["api.mypurecloud.com", "ftp://host", "https://", "http://host?x=1", "http://h:abc"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="api_url"):
        Settings(url, "https://login.mypurecloud.com", "id", "secret")


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError, match="user name or password") as caught:
        Settings("https://me:hunter2@host", "https://login.mypurecloud.com", "id", "secret")
    assert "hunter2" not in str(caught.value)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(SettingsError, match="requests_per_minute is 0"):
        Settings("https://a", "https://b", "id", "secret", requests_per_minute=0)


def test_the_secret_does_not_show_in_the_representation() -> None:
    assert "a-secret" not in repr(Settings.from_environment(COMPLETE))

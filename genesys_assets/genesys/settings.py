"""Where the organisation is and who asks: regions, addresses, OAuth client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from genesys_assets.genesys.errors import SettingsError

_DOMAINS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
}

REGIONS: dict[str, str] = _DOMAINS | {domain: domain for domain in _DOMAINS.values()}
"""Region to domain. A region is named by its AWS region (``eu-central-1``) or by its domain
(``mypurecloud.de``); the API is at ``api.`` and the sign-in at ``login.`` of the domain."""

PREFIX = "GENESYSCLOUD_"
REGION = "GENESYSCLOUD_REGION"
CLIENT_ID = "GENESYSCLOUD_OAUTHCLIENT_ID"
CLIENT_SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET"
API_URL = "GENESYSCLOUD_API_URL"
LOGIN_URL = "GENESYSCLOUD_LOGIN_URL"


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses (without a trailing slash) and OAuth client credentials of one organisation.

    ``requests_per_minute`` is the organisation's limit for one OAuth client; Genesys Cloud's default
    is 300.

    Raises:
        SettingsError: an address is not a plain http(s) one, a value is empty, or the limit is below 1.
    """

    api_url: str
    login_url: str
    client_id: str
    client_secret: str = field(repr=False)
    requests_per_minute: int = 300

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_url", _address("api_url", self.api_url))
        object.__setattr__(self, "login_url", _address("login_url", self.login_url))
        if not self.client_id or not self.client_secret:
            raise SettingsError("client_id and client_secret of the OAuth client must not be empty")
        if self.requests_per_minute < 1:
            raise SettingsError(f"requests_per_minute is {self.requests_per_minute}; it must be at least 1")

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings | None:
        """The settings that the vendor's environment variables give.

        Read are ``GENESYSCLOUD_REGION``, ``GENESYSCLOUD_OAUTHCLIENT_ID`` and
        ``GENESYSCLOUD_OAUTHCLIENT_SECRET``; ``GENESYSCLOUD_API_URL`` and ``GENESYSCLOUD_LOGIN_URL``
        stand in for the region's addresses (both together: the region is not needed).

        Returns:
            ``None`` only if no variable of that prefix is set at all.

        Raises:
            SettingsError: some are set but one that is needed is missing or empty, or the region is
                unknown. Half a configuration is never taken for none.
        """
        if not any(name.startswith(PREFIX) for name in env):
            return None
        given = {name: env.get(name, "").strip() for name in (REGION, CLIENT_ID, CLIENT_SECRET, API_URL, LOGIN_URL)}
        needed = [CLIENT_ID, CLIENT_SECRET]
        if not (given[API_URL] and given[LOGIN_URL]):
            needed.insert(0, REGION)
        if missing := [name for name in needed if not given[name]]:
            raise SettingsError(
                f"{', '.join(missing)} missing or empty while other {PREFIX}* variables are set; set all of "
                f"{REGION}, {CLIENT_ID}, {CLIENT_SECRET}, or none of them"
            )
        domain = domain_of(given[REGION]) if given[REGION] else ""
        return cls(
            api_url=given[API_URL] or f"https://api.{domain}",
            login_url=given[LOGIN_URL] or f"https://login.{domain}",
            client_id=given[CLIENT_ID],
            client_secret=given[CLIENT_SECRET],
        )


def domain_of(region: str) -> str:
    """The domain of a region, named by AWS region or by domain.

    Raises:
        SettingsError: no such region; the message lists them.
    """
    try:
        return REGIONS[region.strip().lower()]
    except KeyError:
        known = ", ".join(f"{name} ({domain})" for name, domain in _DOMAINS.items())
        raise SettingsError(f"{REGION}: unknown region {region!r}; known are {known}") from None


def _address(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise SettingsError(f"{name} is not an address") from None
    # The value is not repeated where it may carry a password.
    if "@" in value:
        raise SettingsError(f"{name} must not carry a user name or password")
    if not plain or parts.query or parts.fragment:
        raise SettingsError(f"{name} is {value!r}; expected something like https://api.mypurecloud.com")
    return value.rstrip("/")

"""The organisation itself: divisions, locations, presence definitions, roles."""

from __future__ import annotations

from typing import Any

from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings

Json = dict[str, Any]

_FEATURES = (
    "realtimeCIC", "purecloud", "hipaa", "ucEnabled", "pci", "purecloudVoice", "xmppFederation", "chat",
    "informalPhotos", "directory", "contactCenter", "unifiedCommunications", "custserv",
)  # fmt: skip
_SITES = (
    ("Berlin", "BE", "10117", "DE", "Germany", "Unter den Linden 17", "+4930"),
    ("Hamburg", "HH", "20095", "DE", "Germany", "Mönckebergstraße 4", "+4940"),
    ("Lisboa", "Lisboa", "1100-148", "PT", "Portugal", "Rua Augusta 210", "+35121"),
    ("Kraków", "MA", "31-042", "PL", "Poland", "Rynek Główny 9", "+4812"),
    ("Dublin", "D", "D02 X285", "IE", "Ireland", "Grafton Street 71", "+3531"),
    ("Indianapolis", "IN", "46278", "US", "United States", "Interactive Way 7601", "+1317"),
    ("Manila", "NCR", "1226", "PH", "Philippines", "Ayala Avenue 6750", "+632"),
)
_DIVISIONS = ("Home", "Sales", "Service", "Back Office", "Collections", "Partners", "Health", "Travel")
_SYSTEM_PRESENCES = (
    "Available", "Away", "Busy", "Offline", "Idle", "On Queue", "Meal", "Training", "Meeting", "Break",
)  # fmt: skip
_CUSTOM_PRESENCES = (
    ("Coaching", "Training"), ("Back office", "Busy"), ("Team huddle", "Meeting"), ("Doctor", "Away"),
    ("System trouble", "Busy"), ("Works council", "Meeting"), ("Lunch (old)", "Meal"), ("Project X (old)", "Busy"),
)  # fmt: skip


def organization(settings: Settings, origin: Origin) -> Json:
    """The answer of ``/api/v2/organizations/me``."""
    chance = origin.chance("organization", 0)
    identifier = origin.id("organization", 0)
    return {
        "id": identifier,
        "name": f"Simulated Contact Centre {settings.seed}",
        "defaultLanguage": "en-us",
        "defaultCountryCode": "DE",
        "thirdPartyOrgName": f"simulated-{settings.seed}",
        "thirdPartyURI": f"https://simulated-{settings.seed}.example.com",
        "domain": f"simulated-{settings.seed}.example.com",
        "version": 20 + chance.randrange(200),
        "state": "active",
        "defaultSiteId": origin.id("site", 0),
        "supportURI": "https://support.example.com",
        "voicemailEnabled": True,
        "productPlatform": "PureCloud",
        "selfUri": f"/api/v2/organizations/{identifier}",
        "features": {name: chance.random() < 0.7 for name in _FEATURES},
    }


def divisions(settings: Settings, origin: Origin) -> list[Json]:
    """The divisions; the first is the home division."""
    found: list[Json] = []
    for index in range(settings.divisions):
        name = _DIVISIONS[index] if index < len(_DIVISIONS) else f"Division {index}"
        identifier = origin.id("division", index)
        entity: Json = {"id": identifier, "name": name, "homeDivision": index == 0}
        if index % 3 != 2:
            entity["description"] = "Everything without a home of its own" if index == 0 else f"All of {name}"
        entity["objectCounts"] = {"QUEUE": settings.queues // settings.divisions, "USER": settings.users}
        entity["selfUri"] = f"/api/v2/authorization/divisions/{identifier}"
        found.append(entity)
    return found


def locations(settings: Settings, origin: Origin) -> list[Json]:
    """The locations: sites, and floors below them."""
    found: list[Json] = []
    for index in range(settings.locations):
        chance = origin.chance("location", index)
        city, state, zipcode, country, country_name, street, prefix = _SITES[index % len(_SITES)]
        identifier = origin.id("location", index)
        parent = index - len(_SITES)
        entity: Json = {
            "id": identifier,
            "name": city if parent < 0 else f"{city}, floor {index // len(_SITES)}",
            "address": {
                "city": city,
                "country": country,
                "countryName": country_name,
                "state": state,
                "street1": street,
                "zipcode": zipcode,
            },
            "state": "deleted" if index % 11 == 9 else "active",
            "notes": "Reception on the ground floor" if index % 3 == 0 else None,
            "version": 1 + chance.randrange(30),
            "path": [] if parent < 0 else [origin.id("location", index % len(_SITES))],
            "addressVerified": chance.random() < 0.6,
            "addressStored": True,
            "selfUri": f"/api/v2/locations/{identifier}",
        }
        if index % 2 == 0:
            number = f"{prefix}{chance.randrange(10**7):07d}"
            kind = "elin" if index % 4 == 0 else "default"
            entity["emergencyNumber"] = {"e164": number, "number": number[1:], "type": kind}
            entity["address"]["street2"] = f"Building {index // 2 + 1}"
        if index % 4 != 3:
            user = origin.id("user", chance.randrange(settings.users))
            entity["contactUser"] = {"id": user, "selfUri": f"/api/v2/users/{user}"}
        found.append(entity)
    return found


def presence_definitions(settings: Settings, origin: Origin) -> list[Json]:
    """System presences, and custom ones of which the last two are deactivated."""
    found: list[Json] = []
    for index, label in enumerate(_SYSTEM_PRESENCES):
        identifier = origin.id("presence_definition", index)
        found.append(
            {
                "id": identifier,
                "type": "System",
                "languageLabels": {"en_US": label, "de": f"{label} (de)", "pt_BR": f"{label} (pt)"},
                "systemPresence": label.replace(" ", ""),
                "divisionId": "*",
                "deactivated": False,
                "selfUri": f"/api/v2/presence/definitions/{identifier}",
            }
        )
    for index, (label, system) in enumerate(_CUSTOM_PRESENCES, start=len(_SYSTEM_PRESENCES)):
        identifier = origin.id("presence_definition", index)
        found.append(
            {
                "id": identifier,
                "name": label,
                "type": "User",
                "languageLabels": {"en_US": label, "de": f"{label} (de)"},
                "systemPresence": system,
                "divisionId": origin.id("division", index % settings.divisions) if index % 2 else "*",
                "deactivated": label.endswith("(old)"),
                "selfUri": f"/api/v2/presence/definitions/{identifier}",
            }
        )
    return found


_ROLES = ("employee", "Agent", "Supervisor", "Quality Evaluator", "Planner", "admin", "Communicate - User")


def role_name(index: int) -> str:
    """The name of a role."""
    return _ROLES[index] if index < len(_ROLES) else f"Role {index}"


def roles(settings: Settings, origin: Origin) -> list[Json]:
    """The roles, as they appear on a user."""
    return [{"id": origin.id("role", index), "name": role_name(index)} for index in range(settings.roles)]


def oauth_client(settings: Settings, origin: Origin) -> Json:
    """The OAuth client that the simulator lets in, without its secret."""
    creator = origin.id("user", 0)
    return {
        "id": settings.client_id,
        "name": "Warehouse",
        "accessTokenValiditySeconds": int(settings.token_lifetime_s),
        "description": "Reads the organisation into a warehouse",
        "registeredRedirectUri": [],
        "roleIds": [origin.id("role", 5)],
        "dateCreated": "2020-02-03T08:00:00.000Z",
        "dateModified": "2020-02-03T08:00:00.000Z",
        "createdBy": {"id": creator, "selfUri": f"/api/v2/users/{creator}"},
        "modifiedBy": {"id": creator, "selfUri": f"/api/v2/users/{creator}"},
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "scope": [],
        "roleDivisions": [{"roleId": origin.id("role", 5), "divisionId": "*"}],
        "state": "active",
        "selfUri": f"/api/v2/oauth/clients/{settings.client_id}",
    }


def token_info(settings: Settings, origin: Origin) -> Json:
    """What ``/api/v2/tokens/me`` says of a client-credentials token."""
    organisation: Json = {"id": origin.id("organization", 0), "name": f"Simulated Contact Centre {settings.seed}"}
    return {
        "organization": organisation,
        "homeOrganization": organisation,
        "authorizedScope": [],
        "OAuthClient": {"id": settings.client_id, "name": "Warehouse", "organization": organisation},
    }

"""People and companies outside the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index
from genesys_assets.simulator.scan import Scan
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, iso, parse

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

SEARCH_CEILING = 1_000
"""The search shows so many records and no more, whatever there are."""

_GIVEN = ("Aino", "Bruno", "Çiğdem", "Dora", "Émile", "Frieda", "Goran", "Hana", "Ivo", "Jūratė", "Kofi", "Lá", "李娜")
_FAMILY = ("Nakamura", "Öztürk", "Schröder", "d'Angelo", "Nowak", "Ferreira", "O'Neill", "Большакова", "Lund", "Sá")
_TITLES = ("Buyer", "Geschäftsführer", "Owner", "Accountant")
_TOWNS = (("Köln", "NRW", "50667", "DE"), ("Porto", "Porto", "4000-322", "PT"), ("Łódź", "LD", "90-001", "PL"))
_TRADES = ("Logistics", "Banking", "Retail", "Energie", "Saúde")
_CREATED = parse("2022-01-10")
_COMPANIES = ("Nordwind", "Azulejo", "Bursztyn", "Shamrock", "Prairie", "Mango")
_FORMS = ("GmbH", "Lda.", "Sp. z o.o.", "Ltd", "Inc.")


def organization_count(settings: Settings) -> int:
    """How many companies there are: one for 25 contacts, at least one."""
    return max(1, settings.external_contacts // 25)


def contacts(settings: Settings, origin: Origin) -> list[Json]:
    """The contacts: some with every field, many with little, some merged into others."""
    return [_contact(settings, origin, index) for index in range(settings.external_contacts)]


def organizations(settings: Settings, origin: Origin) -> list[Json]:
    """The companies."""
    return [_organization(settings, origin, index) for index in range(organization_count(settings))]


def _contact(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("external_contact", index)
    identifier = origin.id("external_contact", index)
    created = _CREATED + chance.randrange(1_400) * DAY + chance.randrange(DAY)
    kind = ("Curated", "Identified", "Identified", "Ephemeral")[index % 4]
    email = f"contact{index}@example.org"
    entity: Json = {
        "id": identifier,
        "type": kind,
        "division": _division(settings, origin, "external_contact", index),
        "createDate": iso(created),
        "modifyDate": iso(created + chance.randrange(1, 300) * DAY),
        "surveyOptOut": index % 11 == 0,
        "externalIds": [],
        "identifiers": [],
        "selfUri": f"/api/v2/externalcontacts/contacts/{identifier}",
    }
    if kind == "Ephemeral":
        entity["identifiers"] = [_identifier("Cookie", f"{chance.getrandbits(64):016x}", created)]
        return entity
    number = f"+49151{chance.randrange(10**8):08d}"
    entity |= {
        "firstName": chance.choice(_GIVEN),
        "lastName": chance.choice(_FAMILY),
        "cellPhone": _phone(number, 7 if index % 50 == 5 else None),
        "personalEmail": email,
        "identifiers": [_identifier("Phone", number, created), _identifier("Email", email, created)],
    }
    if index % 3:
        company = origin.id("external_organization", index % organization_count(settings))
        entity["externalOrganization"] = {
            "id": company,
            "selfUri": f"/api/v2/externalcontacts/organizations/{company}",
        }
    if index % 40 == 2:
        # One person, known twice: both keep their ids, and the later leads to the earlier.
        other = origin.id("external_contact", index - 1)
        reference = {"id": other, "selfUri": f"/api/v2/externalcontacts/contacts/{other}"}
        entity |= {"mergedTo": reference, "canonicalContact": reference}
    if kind == "Curated":
        entity |= _curated(origin, index, chance)
    if index % 100 == 0:
        entity |= _accounts(index, number)
    return entity


def _curated(origin: Origin, index: int, chance: Random) -> Json:
    street, (town, state, code, country) = f"Straße {index}", _TOWNS[index % len(_TOWNS)]
    return {
        "middleName": chance.choice("ABC") + ".",
        "salutation": chance.choice(("Mrs", "Herr", "Dr.", "Pani")),
        "title": chance.choice(_TITLES),
        "workPhone": _phone(f"+4922{chance.randrange(10**7):07d}", 100 + index % 900),
        "homePhone": _phone(f"+35122{chance.randrange(10**7):07d}", 1),
        "otherPhone": _phone(f"+4842{chance.randrange(10**7):07d}", 2),
        "workEmail": f"work{index}@example.com",
        "otherEmail": f"other{index}@example.net",
        "address": {
            "address1": street,
            "address2": f"{index % 7}. Etage",
            "city": town,
            "state": state,
            "postalCode": code,
            "countryCode": country,
        },
        "externalSystemUrl": f"https://crm.example.com/contacts/{index}",
        "schema": _schema(origin, "contact"),
        "customFields": {"tier_text": chance.choice(("gold", "silber")), "points_integer": chance.randrange(9_000)},
        "externalIds": [{"externalSource": _source(origin), "value": f"C-{index:06d}"}],
    }


def _accounts(index: int, number: str) -> Json:
    return {
        "twitterId": {
            "id": str(10**9 + index),
            "name": f"Kunde {index}",
            "screenName": f"kunde{index}",
            "verified": False,
            "profileUrl": f"https://x.example.com/kunde{index}",
        },
        "lineId": {"ids": [{"userId": f"U{index:032x}"}], "displayName": f"line {index}"},
        "whatsAppId": {"phoneNumber": _phone(number), "displayName": f"wa {index}"},
        "facebookId": {"ids": [{"scopedId": str(10**15 + index)}], "displayName": f"fb {index}"},
        "instagramId": {"ids": [{"scopedId": str(10**14 + index)}], "handle": f"@insta{index}"},
    }


def _organization(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("external_organization", index)
    identifier = origin.id("external_organization", index)
    created = _CREATED + chance.randrange(900) * DAY
    name = f"{_COMPANIES[index % len(_COMPANIES)]} {_FORMS[index % len(_FORMS)]} {index}"
    entity: Json = {
        "id": identifier,
        "name": name,
        "division": _division(settings, origin, "external_organization", index),
        "tags": ["key account"] if index % 4 == 0 else [],
        "websites": [f"https://company{index}.example.com"] if index % 2 == 0 else [],
        "tickers": [],
        "createDate": iso(created),
        "modifyDate": iso(created + chance.randrange(1, 500) * DAY),
        "externalIds": [],
        "identifiers": [],
        "selfUri": f"/api/v2/externalcontacts/organizations/{identifier}",
    }
    if index % 3 == 0:
        town, state, code, country = _TOWNS[index % len(_TOWNS)]
        entity |= {
            "companyType": _FORMS[index % len(_FORMS)],
            "industry": _TRADES[index % len(_TRADES)],
            "address": {
                "address1": f"Hafenstraße {index}",
                "address2": "Haus B",
                "city": town,
                "state": state,
                "postalCode": code,
                "countryCode": country,
            },
            "phoneNumber": _phone(f"+4940{chance.randrange(10**7):07d}", 10 + index % 80),
            "faxNumber": _phone(f"+4940{chance.randrange(10**7):07d}", 99),
            "employeeCount": chance.randrange(1, 60_000),
            # Beyond 32 bits.
            "revenue": chance.randrange(10**6, 10**11),
        }
    if index % 10 == 0:
        entity |= {
            "tickers": [{"symbol": f"NW{index}", "exchange": "XETRA"}],
            "twitterId": {"id": str(10**9 + index), "name": name, "screenName": f"company{index}"},
            "externalSystemUrl": f"https://crm.example.com/companies/{index}",
            "trustor": {"id": origin.id("trustor", index), "enabled": True},
            "schema": _schema(origin, "external_organization"),
            "customFields": {"segment_text": "A", "since_date": "2019-04-01"},
            "externalIds": [{"externalSource": _source(origin), "value": f"O-{index:05d}"}],
            "identifiers": [
                {**_identifier("ExternalId", f"O-{index:05d}", created), "externalSource": _source(origin)}
            ],
        }
    return entity


def _division(settings: Settings, origin: Origin, kind: str, index: int) -> Json:
    identifier = origin.id("division", division_index(settings, origin, kind, index))
    return {"id": identifier, "selfUri": f"/api/v2/authorization/divisions/{identifier}"}


def _phone(number: str, extension: int | None = None) -> Json:
    found: Json = {
        "display": f"{number[:5]} {number[5:]}",
        "acceptsSMS": number.startswith("+49151"),
        "normalizationCountryCode": "DE",
        "userInput": number.replace("+", "00"),
        "e164": number,
        "countryCode": "DE",
    }
    if extension is not None:
        found["extension"] = extension
    return found


def _identifier(kind: str, value: str, created: int) -> Json:
    return {"type": kind, "value": value, "dateCreated": iso(created)}


def _source(origin: Origin) -> Json:
    identifier = origin.id("external_source", 0)
    return {"id": identifier, "name": "CRM", "selfUri": f"/api/v2/externalcontacts/externalsources/{identifier}"}


def _schema(origin: Origin, applies_to: str) -> Json:
    identifier = origin.id(f"{applies_to}_schema", 0)
    return {
        "id": identifier,
        "version": 3,
        "selfUri": f"/api/v2/externalcontacts/{applies_to}s/schemas/{identifier}/versions/3",
    }


def _in_division(entity: Json, values: list[str]) -> bool:
    return values == ["*"] or entity["division"]["id"] in values


def _searched(simulation: Simulation, call: Call) -> Sequence[Json]:
    """What a search finds, as far as it reaches."""
    words = call.query.get("q", "").lower().split()
    found = [
        contact
        for contact in simulation.world.entities("external_contacts")
        if all(word in f"{contact.get('firstName', '')} {contact.get('lastName', '')}".lower() for word in words)
    ]
    return found[:SEARCH_CEILING]


def _found(_simulation: Simulation, call: Call, contact: Json) -> Json:
    hidden = {"externalOrganization", "identifiers", "division"} - set(call.many("expand"))
    return {name: value for name, value in contact.items() if name not in hidden}


LISTINGS = (
    Scan(
        Listing(
            "/api/v2/externalcontacts/scan/contacts",
            "external_contacts",
            filters={"divisionId": _in_division},
            permissions=("relate:contact:view", "externalContacts:contact:view"),
        )
    ),
    Scan(
        Listing(
            "/api/v2/externalcontacts/scan/organizations",
            "external_organizations",
            filters={"divisionId": _in_division},
            permissions=("relate:externalOrganization:view", "externalContacts:externalOrganization:view"),
        )
    ),
    Listing(
        "/api/v2/externalcontacts/contacts",
        "external_contacts",
        filters={"divisionIds": _in_division},
        parameters=("q", "expand", "sortOrder"),
        permissions=("relate:contact:view", "externalContacts:contact:view"),
        ceiling=SEARCH_CEILING,
        source=_searched,
        shape=_found,
    ),
)

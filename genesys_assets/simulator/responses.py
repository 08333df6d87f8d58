"""Canned responses in their libraries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genesys_assets.simulator.body_query import BodyQuery
from genesys_assets.simulator.endpoint import Call
from genesys_assets.simulator.errors import bad_request
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, iso, parse

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

_CREATED = parse("2022-05-01")
_LIBRARIES = ("Allgemein", "Billing", "Obsługa", "Vendas", "Social", "Campaigns")
_GREETINGS = ("Guten Tag", "Dear customer", "Dzień dobry", "Olá", "Καλημέρα")
_SPECIAL = ("MessagingTemplate", "CampaignSmsTemplate", "CampaignEmailTemplate", "Footer", "Form", "AppleInvitation")


def responses(settings: Settings, origin: Origin) -> list[Json]:
    """The responses; every seventh stands in two libraries, every fifth is of a special kind."""
    found: list[Json] = []
    for index in range(settings.responses):
        chance = origin.chance("response", index)
        identifier = origin.id("response", index)
        author = origin.id("user", chance.randrange(settings.users))
        libraries = [index % len(_LIBRARIES)]
        if index % 7 == 0:
            libraries.append((index + 1) % len(_LIBRARIES))
        greeting = _GREETINGS[index % len(_GREETINGS)]
        entity: Json = {
            "id": identifier,
            "name": f"{greeting} {index}",
            "version": 1 + chance.randrange(12),
            "libraries": [_library(origin, library) for library in libraries],
            "texts": [{"content": f"{greeting}, {{{{name}}}} 😀", "contentType": "text/plain"}],
            "createdBy": {"id": author, "selfUri": f"/api/v2/users/{author}"},
            "dateCreated": iso(_CREATED + chance.randrange(1_200) * DAY + chance.randrange(24) * HOUR),
            "substitutions": [],
            "assets": [],
            "selfUri": f"/api/v2/responsemanagement/responses/{identifier}",
        }
        if index % 3:
            html = f"<p>{greeting}, <b>{{{{name}}}}</b></p>"
            entity["texts"].append({"content": html, "contentType": "text/html", "type": "body"})
            entity["substitutions"] = [{"id": "name", "description": "Who is addressed", "defaultValue": "Kunde"}]
        if index % 4:
            entity["interactionType"] = ("chat", "email", "twitter")[index % 3]
        if index % 5 == 0:
            entity |= _special(_SPECIAL[index // 5 % len(_SPECIAL)])
        if index % 9 == 0:
            asset = origin.id("response_asset", index)
            entity["assets"] = [{"id": asset, "selfUri": f"/api/v2/responsemanagement/responseassets/{asset}"}]
        found.append(entity)
    return found


def _library(origin: Origin, index: int) -> Json:
    identifier = origin.id("response_library", index)
    uri = f"/api/v2/responsemanagement/libraries/{identifier}"
    return {"id": identifier, "name": _LIBRARIES[index], "selfUri": uri}


def _special(kind: str) -> Json:
    more: Json = {"responseType": kind}
    if kind == "MessagingTemplate":
        more["messagingTemplate"] = {
            "whatsApp": {"name": "order_status", "namespace": "shop", "language": "de", "category": "marketing"}
        }
    elif kind == "Footer":
        more["footer"] = {"type": "Signature", "applicableResources": ["Campaign"]}
    elif kind == "Form":
        more["form"] = {"formDescription": "Address change", "formPages": [], "showSummary": True}
    elif kind == "AppleInvitation":
        more["appleInvitation"] = {
            "businessName": "Simulated Contact Centre",
            "transcriptMessage": "You were invited",
            "templateType": "WithImage",
            "locale": "de_DE",
        }
    return more


def _asked_for(simulation: Simulation, call: Call) -> Sequence[Json]:
    """The responses that a query wants: an empty phrase finds them all."""
    if call.body.get("filters"):
        raise bad_request("The filters {filters} are not supported", filters=call.body["filters"])
    phrase: str = call.body.get("queryPhrase", "").lower()
    return [each for each in simulation.world.entities("responses") if phrase in each["name"].lower()]


LISTINGS = (
    BodyQuery(
        Listing(
            "/api/v2/responsemanagement/responses/query",
            "responses",
            permissions=("responses:response:view",),
            largest=500,
            source=_asked_for,
        ),
        inside="results",
    ),
)

"""The application: every endpoint behind the gate, sign-in, and the control interface."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from genesys_assets.simulator import (
    audits,
    external_contacts,
    knowledge_listings,
    listings,
    organization,
    outbound,
    quality,
    quality_forms,
    responses,
    schedules,
    singles,
    workforce_listings,
)
from genesys_assets.simulator.aggregates import Aggregates
from genesys_assets.simulator.analytics import Analytics
from genesys_assets.simulator.control import Control
from genesys_assets.simulator.dated import Dated
from genesys_assets.simulator.digest import Happenings
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import not_found
from genesys_assets.simulator.gate import Gate, unknown_path
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.user_details import UserDetails
from genesys_assets.simulator.workforce_history import WorkforceHistory

LISTINGS = (
    *listings.LISTINGS,
    *outbound.LISTINGS,
    *schedules.LISTINGS,
    *external_contacts.LISTINGS,
    *responses.LISTINGS,
    *knowledge_listings.LISTINGS,
    *quality_forms.LISTINGS,
    *workforce_listings.LISTINGS,
)

SINGLES = (*singles.SINGLES, *quality_forms.SINGLES)


def create_app(settings: Settings | None = None) -> Starlette:
    """A simulated organisation as an ASGI application: sign-in, API and control on one address."""
    simulation = Simulation(settings or Settings())
    gate = Gate(simulation)
    routes = [Route("/oauth/token", gate.sign_in, methods=["POST"]), *Control(simulation).routes()]
    routes.append(simulation.downloads.route())
    routes += [
        Route(endpoint.path, gate.around(endpoint), methods=[endpoint.method]) for endpoint in endpoints(simulation)
    ]
    return Starlette(
        routes=routes,
        exception_handlers={404: unknown_path, 405: unknown_path},
        middleware=[Middleware(Dated, clock=simulation.clock)],
    )


def endpoints(simulation: Simulation) -> list[Endpoint]:
    """Every endpoint of the API; fixed paths stand before those with parameters."""
    happenings = Happenings(simulation.conversations)
    return [
        *_single(simulation),
        *(listing.endpoint(simulation) for listing in LISTINGS),
        *(single.endpoint(simulation) for single in SINGLES),
        *workforce_listings.endpoints(simulation),
        *WorkforceHistory(simulation).endpoints(),
        *Analytics(simulation).endpoints(),
        *quality.endpoints(simulation),
        *audits.endpoints(simulation),
        *Aggregates(simulation, happenings).endpoints(),
        *UserDetails(simulation, happenings).endpoints(),
    ]


def _single(simulation: Simulation) -> list[Endpoint]:
    world = simulation.world

    def me(_call: Call) -> Json:
        return world.organization

    def token(_call: Call) -> Json:
        return organization.token_info(simulation.settings, world.origin)

    def client(call: Call) -> Json:
        if call.path["clientId"] != simulation.settings.client_id:
            raise not_found("an OAuth client", call.path["clientId"])
        return organization.oauth_client(simulation.settings, world.origin)

    return [
        Endpoint("GET", "/api/v2/organizations/me", me),
        Endpoint("GET", "/api/v2/tokens/me", token, ("preserveIdleTTL",)),
        Endpoint("GET", "/api/v2/oauth/clients/{clientId}", client, permissions=("oauth:client:view",)),
    ]

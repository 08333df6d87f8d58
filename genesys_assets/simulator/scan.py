"""Scans: listings without an order or an end to search, read page after page by cursors that run out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request
from genesys_assets.simulator.listings import Listing, read_cursor, write_cursor
from genesys_assets.simulator.times import HOUR

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

CURSOR_LIFE = 24 * HOUR
"""How long after its page a cursor is good for, in milliseconds of simulated time."""

SMALLEST, USUAL, LARGEST = 10, 100, 200


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan over what a listing has; its page size is called ``limit``, its cursor comes in ``cursors.after``."""

    listing: Listing

    def endpoint(self, simulation: Simulation) -> Endpoint:
        """The endpoint that answers this scan."""
        parameters = ("limit", "cursor", *self.listing.filters, *self.listing.parameters)

        def answer(call: Call) -> Json:
            return self._page(simulation, call)

        return Endpoint("GET", self.listing.path, answer, parameters, self.listing.permissions)

    def _page(self, simulation: Simulation, call: Call) -> Json:
        size, now = call.number("limit", USUAL), simulation.clock.now
        if not SMALLEST <= size <= LARGEST:
            raise bad_request("The limit {size} is not from {least} to {most}", size=size, least=SMALLEST, most=LARGEST)
        first = 0
        if cursor := call.query.get("cursor"):
            position, _, made = cursor.partition("~")
            if not made.isdecimal() or int(made) + CURSOR_LIFE <= now:
                raise bad_request("The cursor {cursor} is not valid or has expired", cursor=cursor)
            first = read_cursor(position)
        entities = self.listing.entities(simulation, call)
        answer: Json = {
            "entities": self.listing.shown(simulation, call, entities[first : first + size]),
            "selfUri": call.uri(),
            "cursors": {},
        }
        if first + size < len(entities):
            answer["cursors"]["after"] = f"{write_cursor(first + size)}~{now}"
            answer["nextUri"] = call.uri(cursor=answer["cursors"]["after"])
        return answer

"""Queries that are a POST: the page is asked for in the body, and stands in an object of the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request
from genesys_assets.simulator.listings import Listing

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

USUAL = 25


@dataclass(frozen=True, slots=True)
class BodyQuery:
    """A query over what a listing has; entities, counts and addresses stand in ``inside``."""

    listing: Listing
    inside: str

    def endpoint(self, simulation: Simulation) -> Endpoint:
        """The endpoint that answers this query."""

        def answer(call: Call) -> Json:
            return {self.inside: self._page(simulation, call)}

        return Endpoint("POST", self.listing.path, answer, (), self.listing.permissions)

    def _page(self, simulation: Simulation, call: Call) -> Json:
        size = self._positive(call, "pageSize", USUAL)
        number = self._positive(call, "pageNumber", 1)
        if size > self.listing.largest:
            raise bad_request("The page size {size} is larger than {most}", size=size, most=self.listing.largest)
        entities = self.listing.entities(simulation, call)
        return {
            "entities": self.listing.shown(simulation, call, entities[(number - 1) * size : number * size]),
            "pageSize": size,
            "pageNumber": number,
            "total": len(entities),
            "pageCount": math.ceil(len(entities) / size),
            "selfUri": call.uri(),
        }

    @staticmethod
    def _positive(call: Call, name: str, default: int) -> int:
        """A number of the body; a text is none, however much it looks like one."""
        value = call.body.get(name, default)
        if not isinstance(value, int) or value < 1:
            raise bad_request("The value {value} of {name} is not valid", value=value, name=name)
        return value

"""Answers behind pre-signed addresses: kept for whoever has the address, and for nobody who signs in as well."""

from __future__ import annotations

import hmac
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genesys_assets.simulator.identity import entity_id

_KEPT = 200


class Downloads:
    """The documents that can be fetched; the oldest expire as new ones come."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self._documents: OrderedDict[str, bytes] = OrderedDict()

    def offer(self, host: str, document: bytes) -> str:
        """The address at which a document lies from now on."""
        self._made += 1
        name = entity_id(self._seed, "download", self._made)
        self._documents[name] = document
        if len(self._documents) > _KEPT:
            self._documents.popitem(last=False)
        return f"{host}/_downloads/{name}?signature={self._signature(name)}"

    def route(self) -> Route:
        """Where they are fetched."""
        return Route("/_downloads/{name}", self._serve, methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        if "authorization" in request.headers:
            return Response("only one way of signing in is allowed", 400)
        signed = hmac.compare_digest(request.query_params.get("signature", ""), self._signature(name))
        document = self._documents.get(name) if signed else None
        if document is None:
            return Response("the signature does not match, or the address has expired", 403)
        return Response(document, media_type="application/json")

    def _signature(self, name: str) -> str:
        return entity_id(self._seed, f"signature of {name}", 0).replace("-", "")

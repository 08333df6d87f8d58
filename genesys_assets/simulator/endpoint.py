"""What an endpoint is: a method, a path, the parameters it knows, the permissions it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from genesys_assets.simulator.errors import bad_request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, as an endpoint sees it."""

    url: str
    path: Mapping[str, str]
    query: QueryParams
    body: Json
    host: str = ""
    """Where the simulator is, for addresses that lead back to it."""

    def many(self, name: str) -> list[str]:
        """The values of a parameter that may be repeated or hold commas."""
        return [part for value in self.query.getlist(name) for part in value.split(",") if part]

    def number(self, name: str, default: int) -> int:
        """A parameter that is a positive number.

        Raises:
            ApiError: 400, it is none.
        """
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise bad_request("The value {value} of {name} is not valid", value=text, name=name)
        return int(text)

    def uri(self, **changed: object) -> str:
        """The request's own address with other parameters; ``None`` takes one away."""
        kept = [(name, value) for name, value in self.query.multi_items() if name not in changed]
        kept += [(name, str(value)) for name, value in changed.items() if value is not None]
        return f"{self.url}?{urlencode(kept, safe=',:')}" if kept else self.url


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; ``answer`` gives JSON, encoded or not (``None``: an empty answer).

    ``permissions`` are alternatives: one of them is enough. A ``heavy`` endpoint is computed beside
    the event loop.
    """

    method: str
    path: str
    answer: Callable[[Call], Any]
    parameters: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    heavy: bool = False
    status: int = 200

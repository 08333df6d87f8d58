"""What is odd about users: entries that repeat, several placements, contacts told twice."""

from __future__ import annotations

from typing import Any

import msgspec

from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.parser import PageParser, Parsed


def parsed(*tables: str, **user: Any) -> Parsed:
    found = PageParser([load_catalog()[table] for table in tables]).parse([msgspec.json.encode({"id": "u", **user})])
    assert not len(found.rejects)
    return found


def test_a_role_that_is_told_once_for_every_division_is_one_row() -> None:
    role = {"id": "r", "name": "Agent"}
    found = parsed("user_role", authorization={"roles": [role, role], "unusedRoles": [{"id": "other"}]})
    assert found.frames["user_role"].rows() == [("u", "r", "Agent")]


def test_the_first_of_several_placements_is_the_location() -> None:
    placements = [{"locationDefinition": {"id": "first"}}, {"locationDefinition": {"id": "second"}}]
    assert parsed("user", locations=placements).frames["user"]["location_id"].to_list() == ["first"]
    assert parsed("user", locations=[]).frames["user"]["location_id"].to_list() == [None]


def test_contacts_are_those_of_the_addresses_and_not_their_repetition() -> None:
    phone = {"address": "+49301", "mediaType": "PHONE", "type": "WORK"}
    found = parsed("user_contact", addresses=[phone, {**phone, "extension": "12"}], primaryContactInfo=[phone])
    rows = found.frames["user_contact"].select("user_id", "ordinal", "address", "extension").rows()
    assert rows == [("u", 0, "+49301", None), ("u", 1, "+49301", "12")]

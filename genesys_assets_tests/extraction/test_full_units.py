"""A management unit may have 1,500 agents, who come in one answer, whatever pages others are cut into."""

from __future__ import annotations

from genesys_assets.extraction.listing import read_fan_out
from genesys_assets.genesys import GenesysClient, Settings
from genesys_assets.simulator import Settings as Organisation
from genesys_assets.simulator import serve
from genesys_assets_tests.extraction.conftest import NOW
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_listing import asked
from genesys_assets_tests.extraction.test_workforce import AGENT, AGENTS, parents

MOST = 1_500
"""Agents that Genesys allows in a management unit."""


def test_all_agents_of_a_unit_come_in_one_answer_however_many_they_are(sink: MemorySink) -> None:
    # Of two units one has nobody; the other has about a fifth of all users.
    large = Organisation(users=7_600, business_units=1, groups=1, conversations_per_day=10, now=NOW, rate_limit=0)
    with serve(large) as simulator:
        settings = Settings(simulator.url, simulator.url, simulator.client_id, simulator.client_secret, 60_000)
        members = simulator.entities("management_unit_users")
        assert len(members) > MOST
        assert len({member["managementUnitId"] for member in members}) == 1
        with GenesysClient(settings) as client:
            outcome = read_fan_out(client, AGENTS, [AGENT], parents(simulator, "management_units"), sink)
        requests = asked(simulator, AGENTS.path)
    assert outcome.failed == ()
    assert set(sink.rows(AGENT)["user_id"]) == {member["userId"] for member in members}
    assert requests == len(sink.covered(AGENT)) == 2

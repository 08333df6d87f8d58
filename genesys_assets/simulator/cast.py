"""Who and what appears in conversations, laid out so that one can be made up quickly."""

from __future__ import annotations

from dataclasses import dataclass

from genesys_assets.simulator import routing
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index, team_index, user_name, user_state
from genesys_assets.simulator.routing import Flow
from genesys_assets.simulator.settings import Settings


@dataclass(frozen=True, slots=True)
class Agent:
    """A user as conversations show one."""

    id: str
    name: str
    team: str | None
    division: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as conversations show one; ``service_level_ms`` is that of calls."""

    id: str
    name: str
    division: str
    agents: tuple[Agent, ...]
    codes: tuple[str, ...]
    skills: tuple[str, ...]
    language: str
    service_level_ms: int


class Cast:
    """The tables that conversations are made from; they do not follow later edits of the world."""

    def __init__(self, settings: Settings, origin: Origin) -> None:
        def division(kind: str, index: int) -> str:
            return origin.id("division", division_index(settings, origin, kind, index))

        agents: dict[int, Agent] = {}
        for index in range(settings.users):
            if user_state(origin, index) == "active":
                team = team_index(settings, origin, index)
                agents[index] = Agent(
                    origin.id("user", index),
                    user_name(origin, index),
                    None if team is None else origin.id("team", team),
                    division("user", index),
                )
        self.seed = settings.seed
        self.agents = tuple(agents.values())
        self.queues = tuple(
            Queue(
                origin.id("queue", index),
                routing.queue_name(index),
                division("queue", index),
                tuple(agents[user] for user in routing.queue_members(settings, origin, index)),
                tuple(origin.id("wrapup_code", code) for code in routing.wrapup_indexes(settings, origin, index)),
                tuple(origin.id("skill", skill % settings.skills) for skill in (index, index * 7 + 1)),
                origin.id("language", index % settings.languages),
                routing.service_level_ms(origin, index),
            )
            for index in range(settings.queues)
        )
        self.home_division = origin.id("division", 0)
        flows = routing.flows(settings, origin)
        self.call_flows: tuple[Flow, ...] = tuple(flow for flow in flows if flow.type == "INBOUNDCALL")
        self.outcomes = tuple(origin.id("flow_outcome", index) for index in range(settings.flow_outcomes))
        self.campaigns = tuple(
            (origin.id("campaign", index), origin.id("contact_list", index)) for index in range(settings.campaigns)
        )
        self.contacts = tuple(origin.id("external_contact", index) for index in range(settings.external_contacts))
        self.organizations = tuple(
            origin.id("external_organization", index) for index in range(max(1, settings.external_contacts // 25))
        )
        self.groups = tuple(origin.id("group", index) for index in range(settings.groups))
        self.edges = tuple(origin.id("edge", index) for index in range(6))
        self.scripts = tuple(origin.id("script", index) for index in range(12))
        self.divisions: dict[str, str] = {
            **{queue.id: queue.division for queue in self.queues},
            **{agent.id: agent.division for agent in self.agents},
        }
        """The division of every queue and user, by its id."""

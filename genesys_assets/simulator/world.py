"""Every entity of the organisation by kind, and the edits that tests make to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from genesys_assets.simulator import (
    external_contacts,
    knowledge,
    organization,
    outbound,
    people,
    quality_forms,
    responses,
    routing,
    schedules,
    workforce,
)
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings

_KINDS: Mapping[str, Callable[[Settings, Origin], list[Json]]] = {
    "divisions": organization.divisions,
    "locations": organization.locations,
    "presence_definitions": organization.presence_definitions,
    "roles": organization.roles,
    "users": people.users,
    "groups": people.groups,
    "teams": people.teams,
    "queues": routing.queues,
    "skills": routing.skills,
    "wrapup_codes": routing.wrapup_codes,
    "flow_outcomes": routing.flow_outcomes,
    "campaigns": outbound.campaigns,
    "contact_lists": outbound.contact_lists,
    "schedules": schedules.schedules,
    "schedule_groups": schedules.schedule_groups,
    "emergency_groups": schedules.emergency_groups,
    "external_contacts": external_contacts.contacts,
    "external_organizations": external_contacts.organizations,
    "responses": responses.responses,
    "knowledge_bases": knowledge.bases,
    "knowledge_documents": knowledge.documents,
    "knowledge_categories": knowledge.categories,
    "knowledge_labels": knowledge.labels,
    "knowledge_feedback": knowledge.feedback,
    **quality_forms.KINDS,
    **workforce.KINDS,
}
"""A further kind is one line here, and one in ``listings``."""


class World:
    """The entities of a simulated organisation, after the edits made so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.origin = Origin(settings.seed)
        self._base: dict[str, list[Json]] = {}
        self._now: dict[str, list[Json]] = {}
        self._patches: dict[str, dict[str, Json]] = {}
        self._removed: dict[str, set[str]] = {}
        self._added: dict[str, list[Json]] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of entity there is."""
        return ("organization", *_KINDS)

    def entities(self, kind: str) -> Sequence[Json]:
        """The entities of a kind in their lasting order (``organization``: the one that it is).

        Raises:
            KeyError: there is no such kind.
        """
        if kind == "organization":
            return [self.organization]
        if kind not in self._now:
            removed, patches = self._removed.get(kind, set()), self._patches.get(kind, {})
            self._now[kind] = [
                {**entity, **patches.get(entity["id"], {})}
                for entity in (*self._made(kind), *self._added.get(kind, ()))
                if entity["id"] not in removed
            ]
        return self._now[kind]

    @cached_property
    def memberships(self) -> dict[str, list[str]]:
        """The ids of each group's members, by the group's id; edits change it in place."""
        return people.group_memberships(self.settings, self.origin)

    @property
    def organization(self) -> Json:
        """The organisation itself."""
        return {
            **organization.organization(self.settings, self.origin),
            **self._patches.get("organization", {}).get("", {}),
        }

    def edit(self, kind: str, identifier: str, fields: Json) -> None:
        """Change fields of an entity (``organization``: of the organisation, whatever the id)."""
        if kind == "organization":
            identifier = ""
        else:
            self._known(kind, identifier)
        self._patches.setdefault(kind, {}).setdefault(identifier, {}).update(fields)
        self._now.pop(kind, None)

    def remove(self, kind: str, identifier: str) -> None:
        """Let an entity vanish; :meth:`restore` brings it back as it was."""
        self._known(kind, identifier)
        self._removed.setdefault(kind, set()).add(identifier)
        self._now.pop(kind, None)

    def restore(self, kind: str, identifier: str) -> None:
        """Bring a removed entity back."""
        self._known(kind, identifier)
        self._removed.setdefault(kind, set()).discard(identifier)
        self._now.pop(kind, None)

    def add(self, kind: str, fields: Json) -> Json:
        """A new entity: like the first of its kind, but for its id and the fields given."""
        added = self._added.setdefault(kind, [])
        model = self._made(kind)[0]
        identifier = fields.get("id", self.origin.id(f"added {kind}", len(added)))
        entity: Json = {**model, "id": identifier}
        if "selfUri" in model:
            entity["selfUri"] = model["selfUri"].replace(model["id"], identifier)
        entity.update(fields)
        added.append(entity)
        self._now.pop(kind, None)
        return entity

    def join_group(self, group: str, user: str) -> None:
        """Make a user a member of a group."""
        members = self.memberships.setdefault(group, [])
        if user not in members:
            members.append(user)
        self._count_members(group)

    def leave_group(self, group: str, user: str) -> None:
        """End a user's membership of a group."""
        self.memberships[group].remove(user)
        self._count_members(group)

    def _count_members(self, group: str) -> None:
        self.edit("groups", group, {"memberCount": len(self.memberships[group])})

    def _made(self, kind: str) -> list[Json]:
        if kind not in self._base:
            self._base[kind] = _KINDS[kind](self.settings, self.origin)
        return self._base[kind]

    def _known(self, kind: str, identifier: str) -> None:
        if not any(entity["id"] == identifier for entity in (*self._made(kind), *self._added.get(kind, ()))):
            raise KeyError(f"no {kind} with the id {identifier}")

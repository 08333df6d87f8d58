"""The organisation itself: its name, features, presence definitions, divisions and locations."""

from __future__ import annotations

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene, plain

_NEW, _FLIPPED, _DROPPED = "copilot", "chat", "directory"


def _features(organisation: Organisation) -> tuple[Json, dict[str, bool]]:
    (now,) = organisation.entities("organization")
    return now, now["features"]


def _feature(organisation: Organisation, name: str) -> Keys:
    return {"organization_feature": {(organisation.made("organization")[0]["id"], name)}}


def _set(organisation: Organisation, name: str, enabled: bool) -> Keys:
    now, features = _features(organisation)
    organisation.edit("organization", now["id"], features={**features, name: enabled})
    return _feature(organisation, name)


def _rename(organisation: Organisation) -> Keys:
    now, features = _features(organisation)
    organisation.edit("organization", now["id"], name="Under a new name")
    return {"organization": {(now["id"],)}, **_set(organisation, _FLIPPED, not features[_FLIPPED])}


def _drop(organisation: Organisation) -> Keys:
    now, features = _features(organisation)
    kept = {name: enabled for name, enabled in features.items() if name != _DROPPED}
    organisation.edit("organization", now["id"], features=kept)
    return _feature(organisation, _DROPPED)


def _bring_back(organisation: Organisation) -> Keys:
    return _set(organisation, _DROPPED, organisation.made("organization")[0]["features"][_DROPPED])


def _without_teams(organisation: Organisation) -> list[str]:
    """Divisions without a team: a team carries the name of its division, and would follow it."""
    taken = {team["division"]["id"] for team in organisation.made("teams")}
    return [division["id"] for division in organisation.made("divisions") if division["id"] not in taken]


def _rename_division(organisation: Organisation) -> Keys:
    division = _without_teams(organisation)[0]
    organisation.edit("divisions", division, name="Außendienst", description=None)
    return {"division": {(division,)}}


def _close_division(organisation: Organisation) -> Keys:
    division = _without_teams(organisation)[1]
    organisation.remove("divisions", division)
    return {"division": {(division,)}}


def _reopen_division(organisation: Organisation) -> Keys:
    division = _without_teams(organisation)[1]
    organisation.restore("divisions", division)
    return {"division": {(division,)}}


SCENES = (
    Scene(
        ("organization", "organization_feature"),
        add=lambda organisation: _set(organisation, _NEW, True),
        rename=_rename,
        remove=_drop,
        restore=_bring_back,
    ),
    plain(
        "organization_presence_definition",
        "presence_definitions",
        rename={"languageLabels": {"en_US": "Out for lunch"}},
        added={"name": "Retired at once", "deactivated": True},
        removed=-1,  # one of those that are no longer in use, which come in an answer of their own
    ),
    Scene(
        ("division",),
        add=lambda organisation: {"division": {(organisation.add("divisions", name="Novo")["id"],)}},
        rename=_rename_division,
        remove=_close_division,
        restore=_reopen_division,
    ),
    plain("location_definition", "locations", rename={"name": "Łódź", "notes": "", "version": 99}),
)

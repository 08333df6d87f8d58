"""People: users with everything an ``expand`` can add, work teams, groups and their members."""

from __future__ import annotations

from random import Random

from genesys_assets.simulator.organization import Json, role_name
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, iso, parse

EXPANDS = (
    "authorization", "team", "locations", "employerInfo", "profileSkills", "certifications", "biography",
    "languagePreference", "dateLastLogin", "dateWelcomeSent", "lasttokenissued", "groups", "skills", "languages",
)  # fmt: skip
"""What ``expand`` adds to a user; the field carries the same name, but for ``lasttokenissued``."""

_GIVEN = (
    "Ana", "Björn", "Chloé", "Dmitri", "Elif", "Femi", "Grace", "Hüseyin", "Inês", "Jan", "Kira", "Luís", "Mei",
    "Noor", "Olga", "Paweł", "Quinn", "Rosa", "Søren", "Tomás", "Uta", "Vera", "Wei", "Ximena", "Yusuf", "Zoë",
)  # fmt: skip
_FAMILY = (
    "Almeida", "Becker", "Costa", "Dąbrowski", "Evans", "Fischer", "García", "Hoffmann", "Ivanov", "Jensen",
    "Kowalski", "Lefèvre", "Müller", "Nguyen", "O'Brien", "Pereira", "Quispe", "Rossi", "Santos", "Tan", "Ueda",
    "van der Berg", "Weiß", "Xu", "Şahin", "Zając",
)  # fmt: skip
_DEPARTMENTS = ("Customer Care", "Sales", "Collections", "Back Office", "Workforce", "Quality")
_TITLES = ("Agent", "Senior Agent", "Team Lead", "Supervisor", "Planner", "Coach")
_PERMISSIONS = ("routing:queue:view", "analytics:conversationDetail:view", "directory:user:view")
_HIRED = parse("2012-01-01")
_ACTIVE = parse("2026-01-01")


def users(settings: Settings, origin: Origin) -> list[Json]:
    """Every user of every state, each with all that could be expanded (but groups, which change)."""
    return [_user(settings, origin, index) for index in range(settings.users)]


def user_state(origin: Origin, index: int) -> str:
    """``active``, ``inactive`` or ``deleted``; the first ten users are always active."""
    roll = origin.chance("user_state", index).random()
    if index < 10 or roll < 0.85:
        return "active"
    return "inactive" if roll < 0.93 else "deleted"


def team_index(settings: Settings, origin: Origin, index: int) -> int | None:
    """The work team of a user, if there is one."""
    if settings.teams == 0 or user_state(origin, index) != "active":
        return None
    team = origin.chance("user_team", index).randrange(settings.teams + 2)
    return team if team < settings.teams else None


def division_index(settings: Settings, origin: Origin, kind: str, index: int) -> int:
    """The division of an entity; the home division has the most."""
    roll = origin.chance(f"{kind}_division", index).randrange(settings.divisions * 2)
    return roll if roll < settings.divisions else 0


def group_memberships(settings: Settings, origin: Origin) -> dict[str, list[str]]:
    """The ids of the members of every group, by the group's id; one group is empty."""
    living = [index for index in range(settings.users) if user_state(origin, index) != "deleted"]
    found: dict[str, list[str]] = {}
    for index in range(settings.groups):
        chance = origin.chance("group_members", index)
        size = 0 if index == 3 else min(len(living), chance.randrange(1, 61))
        found[origin.id("group", index)] = [origin.id("user", user) for user in sorted(chance.sample(living, size))]
    return found


def groups(settings: Settings, origin: Origin) -> list[Json]:
    """The directory groups."""
    memberships = group_memberships(settings, origin)
    found: list[Json] = []
    for index in range(settings.groups):
        chance = origin.chance("group", index)
        identifier = origin.id("group", index)
        owner = origin.id("user", chance.randrange(min(10, settings.users)))
        entity: Json = {
            "id": identifier,
            "name": f"{_DEPARTMENTS[index % len(_DEPARTMENTS)]} group {index}",
            "dateModified": iso(_ACTIVE + chance.randrange(150) * DAY + chance.randrange(DAY)),
            "memberCount": len(memberships[identifier]),
            "state": "inactive" if index % 17 == 11 else "active",
            "version": 1 + chance.randrange(40),
            "type": "social" if index % 5 == 4 else "official",
            "images": [],
            "addresses": [],
            "rulesVisible": index % 4 != 0,
            "visibility": ("public", "owners", "members")[index % 7 % 3],
            "rolesEnabled": index % 6 == 0,
            "includeOwners": index % 3 == 0,
            "callsEnabled": index % 8 == 0,
            "owners": [{"id": owner, "selfUri": f"/api/v2/users/{owner}"}],
            "selfUri": f"/api/v2/groups/{identifier}",
        }
        if index % 3:
            entity["description"] = f"Mailing list {index}"
            entity["email"] = f"group{index}@example.com"
        if index % 8 == 0:
            number = f"+4930{chance.randrange(10**6):06d}"
            entity["addresses"].append(
                {
                    "address": number,
                    "extension": str(7000 + index),
                    "display": number,
                    "type": "GROUPRING",
                    "mediaType": "PHONE",
                }
            )
        found.append(entity)
    return found


def teams(settings: Settings, origin: Origin) -> list[Json]:
    """The work teams."""
    sizes = [0] * settings.teams
    for user in range(settings.users):
        team = team_index(settings, origin, user)
        if team is not None:
            sizes[team] += 1
    found: list[Json] = []
    for index in range(settings.teams):
        identifier = origin.id("team", index)
        division = division_index(settings, origin, "team", index)
        entity: Json = {
            "id": identifier,
            "name": f"Team {chr(65 + index % 26)}{index // 26 or ''}",
            "division": _division(origin, division),
            "dateCreated": iso(_HIRED + index * 37 * DAY),
            "dateModified": iso(_ACTIVE + index * 7 * HOUR),
            "memberCount": sizes[index],
            "selfUri": f"/api/v2/teams/{identifier}",
        }
        if index % 4:
            entity["description"] = f"Shift {index % 3 + 1}"
        found.append(entity)
    return found


def user_name(origin: Origin, index: int) -> str:
    """The name of a user; names repeat, as names do."""
    chance = origin.chance("user_name", index)
    return f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"


def _division(origin: Origin, index: int) -> Json:
    identifier = origin.id("division", index)
    return {"id": identifier, "selfUri": f"/api/v2/authorization/divisions/{identifier}"}


def _user(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("user", index)
    identifier = origin.id("user", index)
    state = user_state(origin, index)
    name = user_name(origin, index)
    email = f"user{index}@example.com"
    entity: Json = {
        "id": identifier,
        "name": name,
        "division": _division(origin, division_index(settings, origin, "user", index)),
        "chat": {"jabberId": f"{identifier.replace('-', '')[:24]}@simulated.orgspan.com"},
        "email": email,
        "primaryContactInfo": [{"address": email, "mediaType": "EMAIL", "type": "PRIMARY"}],
        "addresses": _addresses(chance, index),
        "state": state,
        "title": chance.choice(_TITLES) if index % 9 else None,
        "username": email,
        "images": [],
        "version": 1 + chance.randrange(90),
        "acdAutoAnswer": chance.random() < 0.2,
        "selfUri": f"/api/v2/users/{identifier}",
    }
    if index % 7:
        entity["department"] = chance.choice(_DEPARTMENTS)
    if index % 5 == 1:
        entity["preferredName"] = name.split()[0]
    if index:
        manager = origin.id("user", index // 12)
        entity["manager"] = {"id": manager, "selfUri": f"/api/v2/users/{manager}"}
    entity.update(_expanded(settings, origin, index, chance))
    return entity


def _addresses(chance: Random, index: int) -> list[Json]:
    number = f"+4930{chance.randrange(10**7):07d}"
    addresses: list[Json] = [
        {
            "address": number,
            "display": f"{number[:5]} {number[5:]}",
            "mediaType": "PHONE",
            "type": "WORK",
            "countryCode": "DE",
        },
    ]
    if index % 3 == 0:
        addresses.append({"mediaType": "PHONE", "type": "WORK2", "extension": str(10_000 + index)})
    if index % 4 == 0:
        number = f"+49151{chance.randrange(10**8):08d}"
        addresses.append({"address": number, "display": number, "mediaType": "SMS", "type": "MOBILE"})
    if index % 6 == 0:
        # The same number once more with an extension: only both together tell the entries apart.
        addresses.append({**addresses[0], "extension": "12", "integration": "softphone"})
    return addresses


def _expanded(settings: Settings, origin: Origin, index: int, chance: Random) -> Json:
    identifier = origin.id("user", index)
    role_indexes = sorted({0, 1 + chance.randrange(max(1, settings.roles - 1)), chance.randrange(settings.roles)})
    login = _ACTIVE + chance.randrange(100) * DAY + chance.randrange(DAY)
    location = origin.id("location", chance.randrange(settings.locations))
    fields: Json = {
        "authorization": {
            "roles": [{"id": origin.id("role", role), "name": role_name(role)} for role in role_indexes],
            "unusedRoles": [],
            "permissions": list(_PERMISSIONS),
            "permissionPolicies": [
                {
                    "id": origin.id("policy", 0),
                    "domain": "routing",
                    "entityName": "queue",
                    "policyName": "queue view",
                    "allowConditions": False,
                    "actionSet": ["view"],
                }
            ],
        },
        "locations": [] if index % 13 == 12 else [_placement(location, chance)],
        "profileSkills": ["negotiation", "Excel"] if index % 4 == 0 else [],
        "certifications": ["ISO 18295"] if index % 6 == 0 else [],
        "skills": _assigned(settings.skills, origin, "skill", identifier, chance),
        "languages": _assigned(settings.languages, origin, "language", identifier, chance),
    }
    team = team_index(settings, origin, index)
    if team is not None:
        team_id = origin.id("team", team)
        fields["team"] = {
            "id": team_id,
            "name": f"Team {chr(65 + team % 26)}{team // 26 or ''}",
            "selfUri": f"/api/v2/teams/{team_id}",
        }
    if index % 8 != 7:
        fields["employerInfo"] = {
            "officialName": user_name(origin, index),
            "employeeId": f"E{index:06d}",
            "employeeType": ("Full-time", "Part-time", "Contractor")[index % 3],
            "dateHire": iso(_HIRED + chance.randrange(4_000) * DAY)[:10],
        }
    if index % 5 == 0:
        fields["biography"] = {"biography": "Likes quiet lines and loud music.", "interests": ["chess"]}
    if index % 3 == 0:
        fields["languagePreference"] = ("de", "en-US", "pt-PT")[index % 9 // 3]
    if index % 10 != 9:
        fields["dateLastLogin"] = iso(login)
        fields["dateWelcomeSent"] = iso(login - 400 * DAY)
        fields["lastTokenIssued"] = {"dateIssued": iso(login + HOUR)}
    return fields


def _placement(location: str, chance: Random) -> Json:
    return {
        "id": location,
        "coordinates": {"x": round(chance.random() * 100, 2), "y": round(chance.random() * 100, 2)},
        "locationDefinition": {"id": location, "selfUri": f"/api/v2/locations/{location}"},
    }


def _assigned(count: int, origin: Origin, kind: str, user: str, chance: Random) -> list[Json]:
    plural = f"routing{kind}s"
    found: list[Json] = []
    for index in sorted(chance.sample(range(count), min(count, chance.randrange(4)))):
        identifier = origin.id(kind, index)
        state = chance.random()
        found.append(
            {
                "id": identifier,
                "name": skill_name(index) if kind == "skill" else language_name(index),
                "proficiency": float(chance.randrange(1, 6)) if state < 0.9 else 2.5,
                "state": "active" if state < 0.95 else "inactive",
                f"{kind}Uri": f"/api/v2/routing/{kind}s/{identifier}",
                "selfUri": f"/api/v2/users/{user}/{plural}/{identifier}",
            }
        )
    return found


_SKILLS = ("Billing", "Contracts", "Technical", "Claims", "VIP", "Mobile", "Fibre", "Returns", "Visa", "Hardware")
_LANGUAGES = (
    "English",
    "Deutsch",
    "Português",
    "Polski",
    "Español",
    "Français",
    "Türkçe",
    "Italiano",
    "中文",
    "日本語",
)


def skill_name(index: int) -> str:
    """The name of a routing skill."""
    return _SKILLS[index % len(_SKILLS)] + (f" {index // len(_SKILLS) + 1}" if index >= len(_SKILLS) else "")


def language_name(index: int) -> str:
    """The name of a routing language."""
    return _LANGUAGES[index] if index < len(_LANGUAGES) else f"Language {index}"

"""People and how they are grouped: users with contacts, roles, skills and languages; groups and teams."""

from __future__ import annotations

from genesys_assets.catalog.declare import Each, Read, Snapshot, Table, boolean, double, int64, json, string, timestamp

# state=any, as the default hides everyone who left, and history would lose its users.
USERS = Read(
    name="users",
    path="/api/v2/users/query",
    paging="cursor",
    page_size=100,
    parameters={
        "state": "any",
        "expand": "team,locations,employerInfo,profileSkills,certifications,biography,languagePreference,"
        "dateLastLogin,dateWelcomeSent,lasttokenissued,authorization,skills,languages",
    },
    permissions=("directory:user:view",),
    ignored=(
        "primaryContactInfo",
        "images",
        "routingStatus",
        "presence",
        "integrationPresence",
        "conversationSummary",
        "outOfOffice",
        "geolocation",
        "station",
        "groups",
        "workPlanBidRanks",
        "division.name",
        "division.selfUri",
        # Entities that have tables of their own, of which only the identifier is taken.
        "manager",
        "team",
        "locations[].locationDefinition",
        "locations[].id",
        "locations[].floorplanId",
        "locations[].coordinates",
        "locations[].notes",
        "biography.interests",
        "biography.hobbies",
        "biography.spouse",
        "biography.education",
        "authorization.unusedRoles",
        "authorization.permissions",
        "authorization.permissionPolicies",
    ),
)

GROUPS = Read(
    name="groups",
    path="/api/v2/groups",
    page_size=500,
    ignored=("images", "owners[].selfUri"),
)

# Members, not individuals: the latter leaves out owners and those whom a rule brought in.
GROUP_MEMBERS = Read(
    name="group_members",
    path="/api/v2/groups/{groupId}/members",
    page_size=100,
    each=Each("group", {"groupId": "id"}),
    ignored=(
        "name",
        "division",
        "chat",
        "department",
        "email",
        "primaryContactInfo",
        "addresses",
        "state",
        "title",
        "username",
        "manager",
        "images",
        "version",
        "certifications",
        "biography",
        "employerInfo",
        "preferredName",
        "routingStatus",
        "presence",
        "integrationPresence",
        "conversationSummary",
        "outOfOffice",
        "geolocation",
        "station",
        "authorization",
        "profileSkills",
        "locations",
        "groups",
        "team",
        "workPlanBidRanks",
        "skills",
        "languages",
        "acdAutoAnswer",
        "languagePreference",
        "lastTokenIssued",
        "dateLastLogin",
        "dateWelcomeSent",
        "selfUri",
    ),
)

TEAMS = Read(
    name="teams",
    path="/api/v2/teams",
    paging="next_uri",
    page_size=100,
    parameters={"expand": "entities.division"},
    permissions=("groups:team:view",),
    ignored=("division.selfUri",),
)

_EXPANDED = (
    "Genesys fills expanded fields as well as it can and promises nothing: an empty value may also mean that it was "
    "not delivered this time."
)

TABLES = (
    Table(
        name="user",
        description="Everyone in the directory, whether active, inactive or deleted, with division, manager, team and "
        "location.",
        read=USERS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the user.", key=True, personal="pseudonym"),
            string("name", "Full name of the user.", personal="name"),
            string("division_id", "Division that the user belongs to.", "division.id"),
            string("chat_jabber_id", "Account of the user in the built-in chat.", "chat.jabberId", personal="contact"),
            string("department", "Department that the user works in.", personal="employment"),
            string("email", "Main e-mail address of the user.", personal="contact"),
            string("state", "Whether the user can sign in.", values=("active", "inactive", "deleted")),
            string("title", "Job title of the user.", personal="employment"),
            string("username", "Name that the user signs in with, usually an e-mail address.", personal="contact"),
            string("manager_id", "User to whom this one reports.", "manager.id", personal="pseudonym"),
            string("team_id", "Work team that the user is a member of.", "team.id"),
            string(
                "location_id",
                "First of the locations that the user is placed at.",
                "locations[0].locationDefinition.id",
            ),
            int64("version", "Revision of the user; goes up with every change."),
            string("preferred_name", "Name that the user wants to be called by.", personal="name"),
            boolean("acd_auto_answer", "Whether routed conversations connect to the user without a click."),
            string("language_preference", "Language in which the user sees Genesys Cloud, as a code."),
            string(
                "employer_info_official_name",
                "Name of the user in the employer's records.",
                "employerInfo.officialName",
                personal="name",
            ),
            string(
                "employer_info_employee_id",
                "Staff number of the user with the employer.",
                "employerInfo.employeeId",
                personal="pseudonym",
            ),
            string(
                "employer_info_employee_type",
                "Kind of employment, such as full-time or contractor.",
                "employerInfo.employeeType",
                personal="employment",
            ),
            string(
                "employer_info_date_hire",
                "Day on which the user was hired, as text in the form in which it was entered.",
                "employerInfo.dateHire",
                personal="employment",
            ),
            timestamp("date_last_login", "When the user last signed in.", personal="employment"),
            timestamp("date_welcome_sent", "When the invitation to join was sent to the user."),
            timestamp(
                "date_last_token_issued",
                "When an access token was last given out for the user, a sign of use even without a new sign-in.",
                "lastTokenIssued.dateIssued",
                personal="employment",
            ),
            json(
                "certifications",
                "Certificates in the profile of the user, as an array of texts.",
                shape=("string",),
                personal="employment",
            ),
            json(
                "profile_skills",
                "Skills in the profile of the user, as an array of texts; they do not affect routing.",
                shape=("string",),
                personal="employment",
            ),
            string("biography", "What users wrote about themselves.", "biography.biography", personal="content"),
            string("self_uri", "Address of the user in the API; contains the identifier.", personal="pseudonym"),
        ),
        note=f"location_id takes the first placement; a user may have several. {_EXPANDED}",
    ),
    Table(
        name="user_contact",
        description="Ways to reach a user, one row an entry of the profile: telephone numbers, e-mail addresses, SMS.",
        read=USERS,
        rows="addresses[]",
        loading=Snapshot(),
        columns=(
            string("user_id", "User who is reached this way.", "$.id", key=True, personal="pseudonym"),
            int64("ordinal", "Position of the entry in the profile, from 0.", "@index", key=True),
            string("media_type", "Medium of the entry.", values=("PHONE", "EMAIL", "SMS")),
            string(
                "type",
                "Purpose of the entry.",
                values=("PRIMARY", "WORK", "WORK2", "WORK3", "WORK4", "HOME", "MOBILE", "MAIN", "OTHER"),
            ),
            string("address", "Number or address itself.", personal="contact"),
            string("display", "Number or address in the form shown to people.", personal="contact"),
            string("extension", "Internal extension of the telephone number.", personal="contact"),
            string("country_code", "Country that the number belongs to, as a code."),
            string("integration", "Integration from which the entry was taken over."),
        ),
        confidence="medium",
        note="Entries have no identifier, and address and extension may be empty, so that the position is the key. The "
        "entries come from addresses; primaryContactInfo repeats them in another form and is not taken.",
    ),
    Table(
        name="user_group",
        description="Which users are members of which groups, one row a group and user; owners and members by rule "
        "included.",
        read=GROUP_MEMBERS,
        loading=Snapshot(parent=("group_id",)),
        columns=(
            string("group_id", "Group that the user is a member of.", "@request.groupId", key=True),
            string("user_id", "User who is the member.", "id", key=True, personal="pseudonym"),
        ),
        confidence="medium",
        note="Whether inactive members, and members of groups that are not public, are listed is not documented: "
        "compare with member_count of group.",
    ),
    Table(
        name="user_role",
        description="Roles that users hold, one row a user and role whatever the number of divisions it is granted in.",
        read=USERS,
        rows="authorization.roles[]",
        loading=Snapshot(),
        columns=(
            string("user_id", "User who holds the role.", "$.id", key=True, personal="pseudonym"),
            string("role_id", "Identifier of the role.", "id", key=True),
            string("role_name", "Name of the role.", "name"),
        ),
        confidence="medium",
        note=f"Whether roles inherited from a group are among them is not documented. {_EXPANDED}",
    ),
    Table(
        name="user_routing_skill",
        description="Skills by which routing chooses a user, with the proficiency in each, one row a user and skill.",
        read=USERS,
        rows="skills[]",
        loading=Snapshot(),
        columns=(
            string("user_id", "User who has the skill.", "$.id", key=True, personal="pseudonym"),
            string("id", "Identifier of the skill itself, the same for all who have it.", key=True),
            string("name", "Name of the skill."),
            double("proficiency", "How well the user masters the skill, from 0 to 5.", personal="employment"),
            string(
                "state", "Whether the skill is in use, set aside or deleted.", values=("active", "inactive", "deleted")
            ),
            string("skill_uri", "Address of the skill in the API."),
            string(
                "self_uri",
                "Address of the user's skill in the API; may contain the user's identifier.",
                personal="pseudonym",
            ),
        ),
        note=_EXPANDED,
    ),
    Table(
        name="user_routing_language",
        description="Languages by which routing chooses a user, with the proficiency in each, one row a user and "
        "language.",
        read=USERS,
        rows="languages[]",
        loading=Snapshot(),
        columns=(
            string("user_id", "User who speaks the language.", "$.id", key=True, personal="pseudonym"),
            string("id", "Identifier of the language itself, the same for all who speak it.", key=True),
            string("name", "Name of the language."),
            double("proficiency", "How well the user masters the language, from 0 to 5.", personal="employment"),
            string(
                "state",
                "Whether the language is in use, set aside or deleted.",
                values=("active", "inactive", "deleted"),
            ),
            string("language_uri", "Address of the language in the API."),
            string(
                "self_uri",
                "Address of the user's language in the API; may contain the user's identifier.",
                personal="pseudonym",
            ),
        ),
        note=f"There is no table of languages: the name here is the only one. {_EXPANDED}",
    ),
    Table(
        name="team",
        description="Work teams, the units of people by which performance is looked at; a user is in one at most.",
        read=TEAMS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the team.", key=True),
            string("name", "Name of the team."),
            string("division_id", "Division that the team belongs to.", "division.id"),
            string("division_name", "Name of that division at the time of the load.", "division.name"),
            string("description", "What the team is for, as its administrators wrote it."),
            timestamp("date_created", "When the team was set up."),
            timestamp("date_modified", "When the team was last changed."),
            int64("member_count", "Number of members of the team.", unit="count"),
            string("self_uri", "Address of the team in the API."),
        ),
        note="Only teams of divisions in which the client may view teams are listed.",
    ),
    Table(
        name="group",
        description="Groups of the directory, official and social, with visibility, owners and addresses.",
        read=GROUPS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the group.", key=True),
            string("name", "Name of the group."),
            string("description", "What the group is for."),
            timestamp("date_modified", "When the group was last changed."),
            int64("member_count", "Number of members of the group.", unit="count"),
            string(
                "state", "Whether the group is in use, set aside or deleted.", values=("active", "inactive", "deleted")
            ),
            int64("version", "Revision of the group; goes up with every change."),
            string(
                "type",
                "Whether administrators keep the group (official) or users started it (social).",
                values=("official", "social"),
            ),
            boolean("rules_visible", "Whether those who look at the group also see the rules that fill it."),
            string("visibility", "Who can see the group.", values=("public", "owners", "members")),
            boolean("roles_enabled", "Whether roles can be granted to the group and so to its members."),
            boolean("include_owners", "Whether the owners of the group count as members."),
            boolean("calls_enabled", "Whether the group can be called."),
            string("email", "E-mail address of the group."),
            json(
                "owner_ids",
                "Users who own the group, as an array of objects with an id.",
                "owners",
                shape=({"id": "string"},),
                personal="pseudonym",
            ),
            json("addresses", "Telephone numbers and addresses of the group, as an array of objects."),
            string("self_uri", "Address of the group in the API."),
        ),
        note="Whether deleted groups are listed is not documented: look at state. Groups of agents by skill and work "
        "teams are other entities. The name is a reserved word in SQL and wants quoting.",
    ),
)

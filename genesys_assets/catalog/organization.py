"""The organisation itself: its settings, features, divisions, locations and presence definitions."""

from __future__ import annotations

from genesys_assets.catalog.declare import Read, Snapshot, Table, boolean, int64, json, string

ORGANIZATION = Read(name="organization", path="/api/v2/organizations/me", items="", paging="none")

# Active and retired definitions come in two answers.
PRESENCE_DEFINITIONS = Read(
    name="presence_definitions",
    path="/api/v2/presence/definitions",
    paging="none",
    parameters={"localeCode": "ALL"},
    variants=({"deactivated": "false"}, {"deactivated": "true"}),
    permissions=("presence:presenceDefinition:view",),
)

DIVISIONS = Read(
    name="divisions",
    path="/api/v2/authorization/divisions",
    page_size=100,
    parameters={"objectCount": "false"},
)

LOCATIONS = Read(
    name="locations",
    path="/api/v2/locations",
    page_size=100,
    ignored=(
        "contactUser.selfUri",
        "profileImage",
        "floorplanImage",
        "images",
        "addressVerificationDetails",
    ),
)

TABLES = (
    Table(
        name="organization",
        description="The Genesys Cloud organisation that everything else belongs to; always exactly one row.",
        read=ORGANIZATION,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the organisation.", key=True),
            string("name", "Full name of the organisation as people see it."),
            string("default_language", "Language that new users and prompts start with, as a code such as en."),
            string("default_country_code", "Country assumed for numbers dialled without one, as a code such as US."),
            string("third_party_org_name", "Short name that is unique over all of Genesys Cloud and never changes."),
            string(
                "third_party_uri", "Address under which a third-party system knows the organisation.", "thirdPartyURI"
            ),
            string("domain", "Internet domain of the organisation."),
            int64("version", "Revision of the settings; goes up with every change."),
            string("state", "Whether the organisation is in service.", values=("active", "inactive", "deleted")),
            string(
                "default_site_id",
                "Telephony site that is used where nothing else is set; not a location, so it rarely joins to one.",
            ),
            string("support_uri", "E-mail address to which support tickets of this organisation go.", "supportURI"),
            boolean("voicemail_enabled", "Whether voicemail is switched on for the organisation."),
            string(
                "product_platform",
                "Genesys product on which the organisation was founded.",
                values=(
                    "GenesysCloud",
                    "PureCloud",
                    "PureEngage",
                    "PureEngageCloud",
                    "PureConnect",
                    "PureConnectCloud",
                    "Unknown",
                ),
            ),
            string("self_uri", "Address of the organisation in the API."),
        ),
        note="The features are rows of organization_feature. default_site_id names a telephony site, an entity apart "
        "from location_definition, to which the graph draws its edge: expect rows without a parent.",
    ),
    Table(
        name="organization_feature",
        description="Platform features of the organisation, one row a feature that the API lists, on or off.",
        read=ORGANIZATION,
        rows="features{}",
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the organisation, the same on every row.", "$.id", key=True),
            string("feature", "Name of the feature as Genesys spells it.", "@key", key=True),
            boolean("enabled", "Whether the feature is switched on.", "@value"),
        ),
        confidence="medium",
        note="The column names feature and enabled are ours: the API returns a map. A feature that is not listed is "
        "unknown, which is not the same as switched off.",
    ),
    Table(
        name="organization_presence_definition",
        description="Presence statuses that users can choose or be put in, one row a status: the built-in ones and "
        "those that the organisation defined beneath them.",
        read=PRESENCE_DEFINITIONS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the presence status.", key=True),
            string("name", "Internal name of the status; mostly empty, as the readable text is in language_labels."),
            string("type", "Whether Genesys or the organisation defined the status.", values=("System", "User")),
            json("language_labels", "Text shown for the status, as an object from language code to label."),
            string(
                "system_presence",
                "Built-in status that this one counts as in availability and occupancy.",
                values=(
                    "Available",
                    "Away",
                    "Busy",
                    "Offline",
                    "Idle",
                    "OnQueue",
                    "Meal",
                    "Training",
                    "Meeting",
                    "Break",
                ),
            ),
            string("division_id", "Division whose users may choose the status; * stands for every division."),
            boolean("deactivated", "Whether the status was retired and can no longer be chosen."),
            string("self_uri", "Address of the status in the API."),
        ),
        note="The division * has no row in division. Labels come in all languages because localeCode=ALL is asked for. "
        "Active and retired statuses are two answers, and both are read.",
    ),
    Table(
        name="division",
        description="Divisions, the units by which access to queues, users, flows and other objects is granted.",
        read=DIVISIONS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the division.", key=True),
            string("name", "Name of the division."),
            string("description", "What the division is for, as its administrators wrote it."),
            boolean(
                "home_division", "Whether this is the home division, which holds all that was not assigned elsewhere."
            ),
            json(
                "object_counts",
                "Number of objects in the division, as an object from kind of object to count.",
                unit="count",
                unfilled="Not asked for: counting is slow, and the counts would change the row at every load.",
            ),
            string("self_uri", "Address of the division in the API."),
        ),
        note="Divisions deleted before the first load stand in a listing of their own, with its own permission; "
        "those deleted later keep their row here. The division * of other tables means all or none and has no row.",
    ),
    Table(
        name="location_definition",
        description="Physical places of the organisation with postal address and emergency number, such as offices, "
        "buildings and floors.",
        read=LOCATIONS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the location.", key=True),
            string("name", "Name of the location."),
            string("contact_user_id", "User to turn to about the location.", "contactUser.id", personal="pseudonym"),
            string("emergency_number_e164", "Emergency callback number, in E.164 form.", "emergencyNumber.e164"),
            string("emergency_number", "Emergency callback number as it was typed in.", "emergencyNumber.number"),
            string(
                "emergency_number_type",
                "Whether the number is an ordinary one or an emergency line identification number (ELIN).",
                "emergencyNumber.type",
                values=("default", "elin"),
            ),
            string("address_street1", "First line of the street address.", "address.street1"),
            string("address_street2", "Second line of the street address.", "address.street2"),
            string("address_city", "City of the address.", "address.city"),
            string("address_state", "State, province or region of the address.", "address.state"),
            string("address_zipcode", "Postal code of the address.", "address.zipcode"),
            string("address_country", "Country of the address, as a code.", "address.country"),
            string("address_country_name", "Country of the address, spelled out.", "address.countryName"),
            string("state", "Whether the location is in use or was deleted.", values=("active", "deleted")),
            string("notes", "Free remarks of the administrators on the location."),
            int64("version", "Revision of the location; goes up with every change."),
            json(
                "path",
                "Identifiers of the enclosing locations from the outermost inwards, as an array.",
                shape=("string",),
            ),
            boolean("address_verified", "Whether the address was confirmed to exist."),
            boolean("address_stored", "Whether the address is registered for emergency calls (E911)."),
            string("self_uri", "Address of the location in the API."),
        ),
        note="These are places in the directory, not telephony sites. Deleted locations may be listed: look at state.",
    ),
)

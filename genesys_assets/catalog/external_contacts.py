"""People and companies outside the organisation, recognised across conversations.

Both are read by scan: the searches of the same names end after 1,000 records without saying so. A scan's
cursor lives for 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterator

from genesys_assets.catalog.declare import (
    Column,
    Options,
    Personal,
    Read,
    Shape,
    Snapshot,
    Table,
    boolean,
    int64,
    json,
    string,
    timestamp,
)

_DIVISION = ("division.name", "division.selfUri")
_IDENTIFIED = (
    *(
        f"{held}.externalSource.{field}"
        for held in ("externalIds[]", "identifiers[]")
        for field in ("active", "linkConfiguration", "selfUri")
    ),
    "identifiers[].division.name",
    "identifiers[].division.selfUri",
)
_SCHEMA = (
    "schema.name",
    "schema.appliesTo",
    "schema.enabled",
    "schema.createdBy",
    "schema.dateCreated",
    "schema.jsonSchema",
    "schema.selfUri",
)

# The scans call their page size limit.
EXTERNAL_CONTACTS = Read(
    name="external_contacts",
    path="/api/v2/externalcontacts/scan/contacts",
    paging="cursor",
    parameters={"limit": "200", "divisionId": "*"},
    permissions=("externalContacts:contact:view",),
    ignored=(
        *_DIVISION,
        *_IDENTIFIED,
        "lineId.ids",
        *(
            f"whatsAppId.phoneNumber.{field}"
            for field in ("display", "extension", "acceptsSMS", "normalizationCountryCode", "userInput", "countryCode")
        ),
        "facebookId.ids",
        "instagramId.ids",
        "instagramId.displayName",
        "appleOpaqueIds",
        "externalOrganization",
        *_SCHEMA,
        "externalDataSources",
        "canonicalContact.selfUri",
        "mergedTo.selfUri",
        "mergeSet",
        "mergedFrom",
        "mergeOperation",
    ),
)

EXTERNAL_ORGANIZATIONS = Read(
    name="external_organizations",
    path="/api/v2/externalcontacts/scan/organizations",
    paging="cursor",
    parameters={"limit": "200", "divisionId": "*"},
    permissions=("externalContacts:externalOrganization:view",),
    ignored=(
        *_DIVISION,
        *_IDENTIFIED,
        "twitterId.verified",
        "twitterId.profileUrl",
        "trustor.enabled",
        "trustor.dateCreated",
        "trustor.createdBy",
        "trustor.organization",
        "trustor.authorization",
        "trustor.selfUri",
        *_SCHEMA,
        "externalDataSources",
    ),
)

_EXTERNAL_SOURCE: Shape = {"id": "string", "name": "string"}
_IDENTIFIERS: Shape = (
    {
        "type": "string",
        "value": "string",
        "dateCreated": "string",
        "division": {"id": "string"},
        "externalSource": _EXTERNAL_SOURCE,
    },
)
_EXTERNAL_IDS: Shape = ({"value": "string", "externalSource": _EXTERNAL_SOURCE},)


def _phone(prefix: str, field: str, what: str, personal: Personal | None) -> Iterator[Column]:
    """The seven columns of a telephone number."""
    of: Options = {} if personal is None else {"personal": personal}
    yield string(f"{prefix}_display", f"{what} as it is shown, formatted for reading.", f"{field}.display", **of)
    yield int64(f"{prefix}_extension", f"Extension behind the {_lower(what)}.", f"{field}.extension", **of)
    yield boolean(f"{prefix}_accepts_sms", f"Whether the {_lower(what)} takes text messages.", f"{field}.acceptsSMS")
    yield string(
        f"{prefix}_normalization_country_code",
        f"Country assumed where the {_lower(what)} was entered without one, as a code such as US.",
        f"{field}.normalizationCountryCode",
    )
    yield string(f"{prefix}_user_input", f"{what} exactly as it was typed.", f"{field}.userInput", **of)
    yield string(
        f"{prefix}_e164",
        f"{what} in international form, as in +14155550123; empty if it cannot be read as such.",
        f"{field}.e164",
        **of,
    )
    yield string(
        f"{prefix}_country_code",
        f"Country recognised from the {_lower(what)}, as a code such as US.",
        f"{field}.countryCode",
    )


def _lower(what: str) -> str:
    return what[0].lower() + what[1:]


def _address(of: str, personal: Personal | None) -> Iterator[Column]:
    """The six columns of a postal address."""
    mark: Options = {} if personal is None else {"personal": personal}
    yield string("address_address1", f"First line of the {of} address.", "address.address1", **mark)
    yield string("address_address2", f"Second line of the {of} address.", "address.address2", **mark)
    yield string("address_city", f"Town of the {of} address.", "address.city", **mark)
    yield string("address_state", f"State or province of the {of} address.", "address.state", **mark)
    yield string("address_postal_code", f"Postal code of the {of} address.", "address.postalCode", **mark)
    yield string(
        "address_country_code", f"Country of the {of} address, as a code such as US.", "address.countryCode", **mark
    )


TABLES = (
    Table(
        name="external_contact",
        description="People outside the organisation, mostly customers, who are recognised across conversations and "
        "media.",
        read=EXTERNAL_CONTACTS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the contact.", key=True, personal="pseudonym"),
            string(
                "type",
                "How well the contact is known: seen once, recognised by an identifier, or kept by people.",
                values=("Ephemeral", "Identified", "Curated"),
            ),
            string("division_id", "Division that the contact belongs to.", "division.id"),
            string("first_name", "Given name.", personal="name"),
            string("middle_name", "Middle name.", personal="name"),
            string("last_name", "Family name.", personal="name"),
            string("salutation", "Form of address, such as Mrs or Dr.", personal="name"),
            string("title", "Title or position of the contact.", personal="employment"),
            *_phone("work_phone", "workPhone", "Business telephone number", "contact"),
            *_phone("cell_phone", "cellPhone", "Mobile telephone number", "contact"),
            *_phone("home_phone", "homePhone", "Private telephone number", "contact"),
            *_phone("other_phone", "otherPhone", "Further telephone number", "contact"),
            string("work_email", "Business e-mail address.", personal="contact"),
            string("personal_email", "Private e-mail address.", personal="contact"),
            string("other_email", "Further e-mail address.", personal="contact"),
            *_address("postal", "contact"),
            string("twitter_id_id", "Number of the contact's X account.", "twitterId.id", personal="contact"),
            string("twitter_id_name", "Name shown on the X account.", "twitterId.name", personal="name"),
            string("twitter_id_screen_name", "Handle of the X account.", "twitterId.screenName", personal="contact"),
            boolean("twitter_id_verified", "Whether the X account was checked with X.", "twitterId.verified"),
            string("twitter_id_profile_url", "Address of the X profile.", "twitterId.profileUrl", personal="contact"),
            string("line_id_display_name", "Name shown on the LINE account.", "lineId.displayName", personal="name"),
            string(
                "whats_app_id_phone_number_e164",
                "Telephone number of the WhatsApp account in international form.",
                "whatsAppId.phoneNumber.e164",
                personal="contact",
            ),
            string(
                "whats_app_id_display_name",
                "Name shown on the WhatsApp account.",
                "whatsAppId.displayName",
                personal="name",
            ),
            string(
                "facebook_id_display_name",
                "Name shown on the Facebook account.",
                "facebookId.displayName",
                personal="name",
            ),
            string("instagram_id_handle", "Handle of the Instagram account.", "instagramId.handle", personal="contact"),
            timestamp("create_date", "When the contact was created."),
            timestamp("modify_date", "When the contact was last changed."),
            string(
                "external_organization_id",
                "Company that the contact belongs to; whether the scan tells it is not documented.",
                "externalOrganization.id",
            ),
            boolean("survey_opt_out", "Whether the contact does not want to be sent surveys."),
            string(
                "external_system_url",
                "Address of the contact in the system that keeps its record, such as a CRM.",
                personal="pseudonym",
            ),
            string(
                "canonical_contact_id",
                "Contact that stands for all those merged with this one; empty if none were.",
                "canonicalContact.id",
                personal="pseudonym",
            ),
            string(
                "merged_to_id",
                "Contact that this one was merged into; follow it to the end of the chain.",
                "mergedTo.id",
                personal="pseudonym",
            ),
            string("schema_id", "Schema that defines the custom fields.", "schema.id"),
            int64("schema_version", "Version of the schema.", "schema.version"),
            json(
                "custom_fields",
                "Fields that the organisation defined itself, by name, as the schema says.",
                personal="content",
            ),
            json(
                "external_ids",
                "Identifiers of the contact in other systems, each with its source.",
                personal="pseudonym",
                shape=_EXTERNAL_IDS,
            ),
            json(
                "identifiers",
                "Everything by which the contact is recognised: numbers, addresses, accounts, cookies, identifiers.",
                personal="contact",
                shape=_IDENTIFIERS,
            ),
            string("self_uri", "Address of the contact in the API.", personal="pseudonym"),
        ),
        note="Genesys removes contacts that nobody curates 60 days after their last conversation; their rows stay, "
        "with db_when_deleted. Merged contacts keep their rows: canonical_contact_id brings them together.",
    ),
    Table(
        name="external_organization",
        description="Companies outside the organisation to which external contacts belong.",
        read=EXTERNAL_ORGANIZATIONS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the company.", key=True),
            string("name", "Name of the company."),
            string("division_id", "Division that the company belongs to.", "division.id"),
            string("company_type", "Legal or commercial form of the company, in free text."),
            string("industry", "Trade that the company is in."),
            *_address("company's", None),
            *_phone("phone_number", "phoneNumber", "Telephone number of the company", None),
            *_phone("fax_number", "faxNumber", "Fax number of the company", None),
            int64("employee_count", "People who work for the company.", unit="count"),
            int64("revenue", "Yearly revenue of the company; Genesys keeps no currency with it.", unit="currency"),
            json("tags", "Keywords on the company.", shape=("string",)),
            json("websites", "Internet addresses of the company.", shape=("string",)),
            json(
                "tickers",
                "Stock symbols of the company, each with its exchange.",
                shape=({"symbol": "string", "exchange": "string"},),
            ),
            string("twitter_id_id", "Number of the company's X account.", "twitterId.id"),
            string("twitter_id_name", "Name shown on the company's X account.", "twitterId.name"),
            string("twitter_id_screen_name", "Handle of the company's X account.", "twitterId.screenName"),
            string("external_system_url", "Address of the company in the system that keeps its record, such as a CRM."),
            timestamp("create_date", "When the company was created."),
            timestamp("modify_date", "When the company was last changed."),
            string(
                "trustor_id",
                "Trust with the company's own Genesys Cloud organisation, where there is one.",
                "trustor.id",
            ),
            string("schema_id", "Schema that defines the custom fields.", "schema.id"),
            int64("schema_version", "Version of the schema.", "schema.version"),
            json("custom_fields", "Fields that the organisation defined itself, by name, as the schema says."),
            json(
                "external_ids",
                "Identifiers of the company in other systems, each with its source.",
                shape=_EXTERNAL_IDS,
            ),
            json(
                "identifiers",
                "Identifiers by which the company is recognised, each with its source.",
                shape=_IDENTIFIERS,
            ),
            string("self_uri", "Address of the company in the API."),
        ),
    ),
)

"""Outbound dialling and prepared texts: campaigns, contact lists and canned responses."""

from __future__ import annotations

from genesys_assets.catalog.declare import Read, Snapshot, Table, boolean, double, int64, json, string, timestamp

_DIVISION = ("division.name", "division.selfUri")
_LISTS = ("dncLists", "ruleSets", "contactListFilters")

CAMPAIGNS = Read(
    name="campaigns",
    path="/api/v2/outbound/campaigns",
    page_size=100,
    permissions=("outbound:campaign:view",),
    ignored=(
        *_DIVISION,
        *(
            f"{reference}.{rest}"
            for reference in (
                "contactList",
                "queue",
                "script",
                "edgeGroup",
                "site",
                "callableTimeSet",
                "callAnalysisResponseSet",
            )
            for rest in ("name", "selfUri")
        ),
        *(f"{listed}[].{rest}" for listed in _LISTS for rest in ("name", "selfUri")),
        "contactSort",
        "diagnosticsSettings",
    ),
)

# Without allowEmptyResult a page past the end is an error; size and import status come only when asked for.
CONTACT_LISTS = Read(
    name="contact_lists",
    path="/api/v2/outbound/contactlists",
    page_size=100,
    parameters={"includeSize": "true", "includeImportStatus": "true", "allowEmptyResult": "true"},
    permissions=("outbound:contactList:view",),
    ignored=(
        *_DIVISION,
        "attemptLimits.name",
        "attemptLimits.selfUri",
        "importStatus.targetContactListIds",
        "importStatus.listNamePrefix",
    ),
)

# A query without a phrase finds all responses, each once; the listing wants a call for every library
# and repeats a response that is in several.
RESPONSES = Read(
    name="responses",
    path="/api/v2/responsemanagement/responses/query",
    method="POST",
    items="results.entities",
    page_size=500,
    body={"pageSize": "{page_size}", "pageNumber": "{page_number}"},
    permissions=("responses:response:view",),
    ignored=(
        "libraries[].name",
        "libraries[].selfUri",
        "createdBy",
        "substitutionsSchema",
    ),
)

TABLES = (
    Table(
        name="campaign",
        description="Outbound voice campaigns: which contact list is dialled, how, and for which queue.",
        read=CAMPAIGNS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the campaign.", key=True),
            string("name", "Name of the campaign."),
            timestamp("date_created", "When the campaign was set up."),
            timestamp("date_modified", "When the campaign was last changed."),
            int64("version", "Revision of the campaign; goes up with every change."),
            string("contact_list_id", "Contact list that the campaign dials.", "contactList.id"),
            string("queue_id", "Queue whose agents take the calls; empty for agentless campaigns.", "queue.id"),
            string(
                "dialing_mode",
                "How calls are placed, from calls without agents to calls that are paced by prediction.",
                values=("agentless", "preview", "power", "predictive", "progressive", "external"),
            ),
            string("script_id", "Script shown to agents during the call.", "script.id"),
            string("edge_group_id", "Group of telephony edges that places the calls.", "edgeGroup.id"),
            string(
                "site_id",
                "Telephony site that the calls go out by, in place of an edge group; not a location.",
                "site.id",
            ),
            string(
                "campaign_status",
                "Whether the campaign was running at the time of the load.",
                values=("on", "stopping", "off", "complete", "invalid", "forced_off", "forced_stopping"),
            ),
            json("phone_columns", "Columns of the contact list that hold the numbers to dial, as an array of objects."),
            double(
                "abandon_rate",
                "Share of answered calls that may be abandoned for want of an agent, which dialling is paced to.",
                unit="percent",
            ),
            json(
                "dnc_list_ids",
                "Do-not-call lists that are consulted before a call, as an array of objects with an id.",
                "dncLists",
                shape=({"id": "string"},),
            ),
            string("callable_time_set_id", "Set of times at which contacts may be called.", "callableTimeSet.id"),
            string(
                "call_analysis_response_set_id",
                "Set of reactions to what the line detects, such as an answering machine.",
                "callAnalysisResponseSet.id",
            ),
            json("errors", "Faults that the campaign had at the time of the load, as an array of objects."),
            string("caller_name", "Caller name that the called party sees."),
            string("caller_address", "Caller number that the called party sees."),
            int64("outbound_line_count", "Number of lines dialled at the same time.", unit="count"),
            json(
                "rule_set_ids",
                "Sets of rules applied while dialling, as an array of objects with an id.",
                "ruleSets",
                shape=({"id": "string"},),
            ),
            boolean("skip_preview_disabled", "Whether agents must call every previewed contact, without skipping."),
            int64(
                "preview_time_out_seconds",
                "How long a preview lasts before the call is placed by itself; 0 means that it never is.",
                unit="s",
            ),
            boolean("always_running", "Whether the campaign stays on when its contacts run out, waiting for more."),
            json(
                "contact_sorts", "Columns of the contact list that decide the dialling order, as an array of objects."
            ),
            int64("no_answer_timeout", "How long a call rings before it counts as not answered.", unit="s"),
            string("call_analysis_language", "Language in which the line analyses what it hears."),
            int64("priority", "Precedence over other campaigns of the same queue, from 1 (lowest) to 5 (highest)."),
            json(
                "contact_list_filter_ids",
                "Filters through which contacts must pass, as an array of objects with an id.",
                "contactListFilters",
                shape=({"id": "string"},),
            ),
            string("division_id", "Division that the campaign belongs to.", "division.id"),
            string("agent_owned_column", "Column of the contact list that names the agent to whom a contact belongs."),
            boolean(
                "dynamic_contact_queueing_sort",
                "Whether the dialling order follows changes of contacts while the campaign runs.",
                "dynamicContactQueueingSettings.sort",
            ),
            boolean(
                "dynamic_contact_queueing_filter",
                "Whether filters follow changes of contacts while the campaign runs.",
                "dynamicContactQueueingSettings.filter",
            ),
            json(
                "skill_columns",
                "Columns of the contact list that name the skills a contact needs, as an array of texts.",
                shape=("string",),
            ),
            boolean("preview_auto_end", "Whether previews end by themselves."),
            int64("max_calls_per_agent", "Upper limit of calls dialled for each agent, in whole calls.", unit="count"),
            double(
                "max_calls_per_agent_decimal",
                "Upper limit of calls dialled for each agent, with its fraction.",
                unit="count",
            ),
            boolean("callback_auto_answer", "Whether callbacks of the campaign connect to the agent without a click."),
            json("dynamic_line_balancing_settings", "How lines are shared out between campaigns, as an object."),
            boolean("precise_dialing_enabled", "Whether precise dialling is switched on."),
            string("self_uri", "Address of the campaign in the API."),
        ),
        note="Voice campaigns only; those for messages are another entity. site_id names a telephony site, an entity "
        "apart from location_definition, to which the graph draws its edge: expect rows without a parent. Only "
        "campaigns of divisions that the client may see are listed.",
    ),
    Table(
        name="contact_list",
        description="Contact lists that campaigns dial: their layout, size and retention, not the contacts themselves.",
        read=CONTACT_LISTS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the contact list.", key=True),
            string("name", "Name of the contact list."),
            timestamp("date_created", "When the list was set up."),
            timestamp("date_modified", "When the list was last changed."),
            int64("version", "Revision of the list; goes up with every change."),
            string("division_id", "Division that the list belongs to.", "division.id"),
            json(
                "column_names", "Columns that every contact of the list has, as an array of texts.", shape=("string",)
            ),
            json("phone_columns", "Columns that hold telephone numbers, and their kind, as an array of objects."),
            json("email_columns", "Columns that hold e-mail addresses, and their kind, as an array of objects."),
            json("whats_app_columns", "Columns that hold WhatsApp numbers, and their kind, as an array of objects."),
            string(
                "preview_mode_column_name", "Column that decides whether a contact is always dialled after a preview."
            ),
            json(
                "preview_mode_accepted_values",
                "Values of that column which demand a preview, as an array of texts.",
                shape=("string",),
            ),
            int64("size", "Number of contacts in the list.", unit="count"),
            string(
                "import_status_state",
                "How the latest import is doing.",
                "importStatus.state",
                values=("IN_PROGRESS", "FAILED"),
            ),
            int64(
                "import_status_total_records",
                "Number of contacts that the latest import has to bring in.",
                "importStatus.totalRecords",
                unit="count",
            ),
            int64(
                "import_status_completed_records",
                "Number of contacts that the latest import has brought in so far.",
                "importStatus.completedRecords",
                unit="count",
            ),
            int64(
                "import_status_percent_complete",
                "How much of the latest import is done.",
                "importStatus.percentComplete",
                unit="percent",
            ),
            string("import_status_failure_reason", "Why the latest import failed.", "importStatus.failureReason"),
            string("attempt_limits_id", "Rule that limits how often a contact is tried.", "attemptLimits.id"),
            boolean(
                "automatic_time_zone_mapping",
                "Whether the time zone of a contact is worked out from its number and postal code.",
            ),
            string("zip_code_column_name", "Column that holds the postal code for working out the time zone."),
            json(
                "column_data_type_specifications",
                "Data types of the columns that can be sorted and filtered by while dialling, as an array of objects.",
            ),
            boolean("trim_whitespace", "Whether blanks around values are cut off on import."),
            string(
                "retention_type",
                "How it is decided when the list is deleted.",
                values=("Never", "Today", "RetentionDays"),
            ),
            int64("retention_days", "Number of days that the list is kept, where days are counted.", unit="d"),
            timestamp("date_expiration", "When the list will be deleted."),
            string("time_zone", "Time zone of the list, as an IANA name."),
            string("self_uri", "Address of the contact list in the API."),
        ),
        note="A list that expires vanishes and keeps its row here. Only lists of divisions that the client may see are "
        "listed.",
    ),
    Table(
        name="response",
        description="Canned responses: prepared texts, templates and forms that agents and campaigns send.",
        read=RESPONSES,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the response.", key=True),
            string("name", "Name of the response."),
            int64("version", "Revision of the response; goes up with every change."),
            json(
                "library_ids",
                "Libraries that the response stands in, as an array of objects with an id.",
                "libraries",
                shape=({"id": "string"},),
            ),
            json("texts", "Texts of the response, each with its content type such as HTML or plain, as an array."),
            string("created_by_id", "User who wrote the response.", "createdBy.id", personal="pseudonym"),
            timestamp("date_created", "When the response was written."),
            string(
                "interaction_type",
                "Kind of conversation that the response is meant for.",
                values=("chat", "email", "twitter"),
            ),
            string(
                "response_type",
                "Special kind of response; empty for a plain text.",
                values=(
                    "MessagingTemplate",
                    "CampaignSmsTemplate",
                    "CampaignEmailTemplate",
                    "Footer",
                    "Form",
                    "AppleInvitation",
                ),
            ),
            json("substitutions", "Placeholders in the texts with descriptions and defaults, as an array of objects."),
            json("assets", "Files that belong to the response, as an array of objects."),
            json("messaging_template", "Template of the message for a messaging platform, as an object."),
            json("footer", "Settings of a footer, as an object."),
            json("form", "Settings of a form, as an object."),
            json("apple_invitation", "Settings of an invitation to Apple Messages for Business, as an object."),
            string("self_uri", "Address of the response in the API."),
        ),
        confidence="medium",
        note="Responses carry no date of change: a change shows only in the version. How deep the query pages is not "
        "documented.",
    ),
)

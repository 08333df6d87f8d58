"""Audit trails: who changed the configuration, and who touched recordings, evaluations and surveys.

Messages leave Genesys Cloud when they are old (they are promised for a year). So they are merged by key, and
their absence from a later read retires nothing; what belongs to a message is replaced with it.
"""

from __future__ import annotations

from genesys_assets.catalog.declare import Read, Table, Tree, Upsert, boolean, int64, json, string, timestamp
from genesys_assets.catalog.feeds import Services

AUDITS = Read(
    name="audits",
    path="/api/v2/audits/query",
    method="POST",
    paging="async_job",
    page_size=500,
    # Results by redirection to a file would need another way of reading; plain pages hold the same messages.
    parameters={"expand": "user", "allowRedirect": "false"},
    body={"interval": "{interval}", "serviceName": "{service_name}"},
    permissions=("audits:audit:view",),
    services=Services(path="/api/v2/audits/query/servicemapping", items="services"),
    ignored=("user.selfUri", "client.selfUri"),
)
"""Audit messages of one service and day, as the widest interval is not documented. Services come and go with
releases, so they are listed anew by each load; one left out would silently be missing. The alternative for the last
14 days (``/api/v2/audits/query/realtime``) knows some services only. The parameters belong to the request for
results."""

QUALITY_SERVICES = ("RecordingService", "RecordingPlaybackService", "QualityService", "HorusService")
"""The services that write the interaction audit trail; one left out is silently missing from the tables."""

QUALITY_AUDITS = Read(
    name="quality_audits",
    path="/api/v2/quality/conversations/audits/query",
    method="POST",
    paging="async_job",
    # No maximum is documented here; the twin for all services allows 500.
    page_size=100,
    parameters={"expand": "user"},
    body={"interval": "{interval_without_zone}", "filters": [{"property": "ServiceName", "value": "{service_name}"}]},
    permissions=("audits:interactionDetails:view",),
    services=Services(names=QUALITY_SERVICES),
)
"""Audit messages on interactions, asked once for each of :data:`QUALITY_SERVICES`, as a filter is compulsory. The
interval is written without a zone and means UTC. The parameters belong to the request for results."""

_EVENT = "$.eventDate"

AUDIT_LOG_MESSAGE = Table(
    name="audit_log_message",
    description=(
        "One row per audit message of any Genesys Cloud service: who did what to which object, from where and with "
        "what success."
    ),
    read=AUDITS,
    loading=Upsert(),
    partition_by="event_date",
    columns=(
        string("id", "Identifier of the audit message.", key=True),
        string(
            "level",
            "Whether a person, the system or Genesys itself acted.",
            values=("USER", "SYSTEM", "GENESYS_INTERNAL"),
        ),
        string("status", "How the action ended.", values=("SUCCESS", "FAILURE", "WARNING")),
        string("user_home_org_id", "Organisation that the acting user belongs to."),
        string(
            "user_id",
            "Acting user; a row of user only where the home organisation is this one.",
            "user.id",
            personal="pseudonym",
        ),
        string("user_name", "Name of the acting user, of another organisation too.", "user.name", personal="name"),
        string(
            "client_id",
            "OAuth client through which the action came; empty where none did.",
            "client.id",
            blank_is_null=True,
        ),
        string(
            "remote_ip_addresses",
            "IP addresses of the systems that sent or passed on the request, separated by commas.",
            "remoteIp",
            personal="network",
            joined=",",
        ),
        string("service_name", "Service that wrote the message, for example Routing or PeoplePermissions."),
        timestamp("event_date", "When the action took place."),
        string("action", "What was done, for example Create, Update or MemberAdd."),
        string(
            "entity_id", "Object of the action; a user id where a user was changed.", "entity.id", personal="pseudonym"
        ),
        string(
            "entity_name", "Name of that object; a person's where a user was changed.", "entity.name", personal="name"
        ),
        string("entity_self_uri", "API address of that object.", "entity.selfUri", personal="pseudonym"),
        string("entity_type", "Kind of that object, for example Queue or User."),
        string(
            "message_localizable_code",
            "Code under which the text of the message is translated.",
            "message.localizableMessageCode",
        ),
        string("message", "Text of the message.", "message.message", personal="content"),
        string(
            "message_with_params",
            "Template of the message, with placeholders in place of the parameters.",
            "message.messageWithParams",
        ),
        json(
            "message_params",
            "Values for the placeholders, by their name.",
            "message.messageParams",
            personal="content",
        ),
        string("application", "Application in which the action was performed."),
        string(
            "initiating_action_transaction_id",
            "Action that set off this one, shared by all messages that followed from it.",
            "initiatingAction.transactionId",
        ),
        string(
            "initiating_action_action_context",
            "What the action that set off this one did.",
            "initiatingAction.actionContext",
        ),
        boolean("transaction_initiator", "Whether this very action set off the others of its transaction."),
        json("property_changes", "Changed properties, each with its old and new values.", personal="content"),
        json("context", "Further circumstances, by name.", personal="content"),
        json(
            "entity_changes",
            "Further objects that changed along with it, each with its old and new values.",
            personal="content",
        ),
    ),
    note="The names of the columns from event_date on are ours.",
)

QUALITY_AUDIT_LOG_MESSAGE = Table(
    name="quality_audit_log_message",
    description=(
        "One row per audit message on an interaction: a recording played or downloaded, an evaluation, calibration, "
        "annotation, survey or screen recording created, read, changed or deleted. The conversation is no field of its "
        "own; it may be named in the context or be the entity."
    ),
    read=QUALITY_AUDITS,
    loading=Upsert(),
    partition_by="event_date",
    columns=(
        string("id", "Identifier of the audit message.", key=True),
        string("service_name", "Service that wrote the message.", values=QUALITY_SERVICES),
        string(
            "level",
            "Whether a person, the system or Genesys itself acted.",
            values=("User", "System", "GENESYS_INTERNAL"),
        ),
        string("status", "How the action ended.", values=("Success", "Failure", "Warning")),
        string(
            "action",
            "What was done: Read, Create, Update, Delete, Abandon, Archive, Export, Download, RestoreRequest, "
            "RestoreComplete, ApplyProtection, RevokeProtection, UpdateRetention, Start or Stop.",
        ),
        string(
            "entity_type",
            "Kind of the object that was touched.",
            values=(
                "Recording",
                "Evaluation",
                "Calibration",
                "Annotation",
                "ScreenRecording",
                "Survey",
                "SnippetRecording",
                "ScreenMonitoring",
            ),
        ),
        timestamp("event_date", "When the action took place."),
        string("user_home_org_id", "Organisation that the acting user belongs to."),
        string(
            "user_trustee_org_id",
            "Organisation on whose behalf the user acted here as a trustee, if that was the case.",
        ),
        string(
            "user_id",
            "Acting user; a row of user only where the home organisation is this one.",
            "user.id",
            personal="pseudonym",
        ),
        string("user_name", "Name of the acting user.", "user.name", personal="name"),
        string("user_self_uri", "API address of the acting user.", "user.selfUri", personal="pseudonym"),
        string(
            "client_id",
            "OAuth client through which the action came; empty where none did.",
            "client.id",
            blank_is_null=True,
        ),
        string("client_self_uri", "API address of that client.", "client.selfUri"),
        string("entity_id", "Recording, evaluation, survey or other object that was touched.", "entity.id"),
        string("entity_name", "Name of that object.", "entity.name"),
        string("entity_self_uri", "API address of that object.", "entity.selfUri"),
        string(
            "message_localizable_code",
            "Code under which the text of the message is translated.",
            "messageInfo.localizableMessageCode",
        ),
        string("message", "Text of the message.", "messageInfo.message", personal="content"),
        string(
            "message_with_params",
            "Template of the message; its placeholders are the rows of quality_audit_message_param.",
            "messageInfo.messageWithParams",
        ),
        json(
            "remote_ips",
            "IP addresses of the systems that sent or passed on the request.",
            personal="network",
            shape=("string",),
        ),
    ),
)

QUALITY_AUDIT_CONTEXT = Table(
    name="quality_audit_context",
    description="One row per circumstance of an interaction audit message, such as the conversation or the media.",
    read=QUALITY_AUDITS,
    rows="context{}",
    loading=Tree(root="audit_id"),
    partition_by=_EVENT,
    columns=(
        string("audit_id", "Audit message that names the circumstance.", "$.id", key=True),
        string("key", "Name of the circumstance, once in a message.", "@key", key=True),
        string("value", "What the circumstance was.", "@value", personal="content"),
    ),
    confidence="medium",
    note="The column names key and value are ours: the API returns a map.",
)

QUALITY_AUDIT_MESSAGE_PARAM = Table(
    name="quality_audit_message_param",
    description="One row per value that fills a placeholder in the text of an interaction audit message.",
    read=QUALITY_AUDITS,
    rows="messageInfo.messageParams{}",
    loading=Tree(root="audit_id"),
    partition_by=_EVENT,
    columns=(
        string("audit_id", "Audit message whose text has the placeholder.", "$.id", key=True),
        string("key", "Name of the placeholder, once in a message.", "@key", key=True),
        string("value", "Text that takes the place of the placeholder.", "@value", personal="content"),
    ),
    confidence="medium",
    note="The column names key and value are ours: the API returns a map.",
)

QUALITY_AUDIT_PROPERTY_CHANGE = Table(
    name="quality_audit_property_change",
    description="One row per property that an audited action on an interaction changed.",
    read=QUALITY_AUDITS,
    rows="propertyChanges[]",
    loading=Tree(root="audit_id"),
    partition_by=_EVENT,
    columns=(
        string("audit_id", "Audit message that tells of the change.", "$.id", key=True),
        string("property", "Property that changed.", key=True),
    ),
    note="A property that a message lists twice is one row; its values from both places are kept.",
)

QUALITY_AUDIT_PROPERTY_CHANGE_VALUE = Table(
    name="quality_audit_property_change_value",
    description=(
        "One row per value that a changed property had before or after the audited action; there may be values of one "
        "sort and none of the other."
    ),
    read=QUALITY_AUDITS,
    rows=("propertyChanges[].oldValues[]", "propertyChanges[].newValues[]"),
    loading=Tree(root="audit_id"),
    partition_by=_EVENT,
    columns=(
        string("audit_id", "Audit message that tells of the change.", "$.id", key=True),
        string("property", "Property that changed.", "$.propertyChanges[].property", key=True),
        string(
            "value_type",
            "Whether the property had the value before the action or has it since.",
            "@rows",
            key=True,
            values=("old", "new"),
        ),
        int64(
            "value_index",
            "Position among the old or the new values of the property, from 0.",
            "@nth",
            key=True,
        ),
        string("value", "The value, as text.", "@", personal="content"),
    ),
    confidence="medium",
    note=(
        "The column names are ours. A message may list a property twice; positions are counted on from one list to the "
        "next, so that no value is lost."
    ),
)

TABLES = (
    AUDIT_LOG_MESSAGE,
    QUALITY_AUDIT_LOG_MESSAGE,
    QUALITY_AUDIT_CONTEXT,
    QUALITY_AUDIT_MESSAGE_PARAM,
    QUALITY_AUDIT_PROPERTY_CHANGE,
    QUALITY_AUDIT_PROPERTY_CHANGE_VALUE,
)

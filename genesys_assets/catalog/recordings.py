"""Recordings and transcripts: what exists, what was downloaded, and the texts that were read from them.

Everything here belongs to the partition of the conversation that was recorded: the UTC day of its start.
"""

from __future__ import annotations

from genesys_assets.catalog.declare import (
    Column,
    Each,
    Read,
    Shape,
    Snapshot,
    Table,
    Tree,
    Upsert,
    int64,
    json,
    string,
    timestamp,
)

_BY_CONVERSATION = Each("analytics_conversation", {"conversationId": "conversation_id"})
_PERMISSIONS = (
    "recording:recording:view",
    "recording:recordingSegment:view",
    "recording:snippetRecording:view",
    "recording:screenRecording:view",
)
_FILE_STATES = ("ARCHIVED", "AVAILABLE", "DELETED", "RESTORED", "RESTORING", "UPLOADING", "ERROR")

RECORDING_METADATA = Read(
    name="recording_metadata",
    path="/api/v2/conversations/{conversationId}/recordingmetadata",
    items="",
    paging="none",
    permissions=_PERMISSIONS,
    each=_BY_CONVERSATION,
    ignored=(
        "conversationId",
        "name",
        "path",
        "maxAllowedRestorationsForOrg",
        "remainingRestorationsAllowedForOrg",
        "selfUri",
    ),
)
RECORDINGS = Read(
    name="recordings",
    path="/api/v2/conversations/{conversationId}/recordings",
    items="",
    paging="none",
    parameters={"maxWaitMs": "5000", "formatId": "WEBM"},
    permissions=_PERMISSIONS,
    each=_BY_CONVERSATION,
    ignored=(
        "name",
        "path",
        "media",
        "mediaSubject",
        "restoreExpirationTime",
        "mediaUris{}.mediaUri",
        "mediaUris{}.waveformData",
        "estimatedTranscodeTimeMs",
        "archiveDate",
        "archiveMedium",
        "deleteDate",
        "exportDate",
        "exportedDate",
        "maxAllowedRestorationsForOrg",
        "remainingRestorationsAllowedForOrg",
        "users",
        "recordingFileRole",
        "associatedConversationIds",
        "selfUri",
        "transcript[].user.displayName",
        "transcript[].user.username",
        "transcript[].user.images",
        "emailTranscript[].replyTo.name",
        "messagingTranscript[].buttonResponse.type",
        "messagingTranscript[].buttonResponse.messageType",
        "messagingTranscript[].buttonResponse.originatingMessageId",
        "messagingTranscript[].story.type",
        "messagingTranscript[].story.replyToId",
        "messagingTranscript[].notificationTemplate",
        "messagingTranscript[].notificationResponse",
        "messagingTranscript[].datePicker",
        "messagingTranscript[].listPicker",
        "messagingTranscript[].interactiveApplication",
        "messagingTranscript[].paymentRequest",
        "messagingTranscript[].paymentResponse",
        "messagingTranscript[].form",
        "messagingTranscript[].roadsideAssistance",
        "messagingTranscript[].richLink",
    ),
)
"""All recordings of a conversation with their texts; while media is being transcoded the answer is a 202."""

RECORDING_BATCH = Read(
    name="recording_batch",
    path="/api/v2/recording/batchrequests",
    method="POST",
    items="results",
    paging="async_job",
    page_size=100,
    body={"batchDownloadRequestList": [{"conversationId": "{conversationId}", "recordingId": "{recordingId}"}]},
    permissions=_PERMISSIONS,
    each=Each("recording_info", {"conversationId": "conversation_id", "recordingId": "id"}),
    ignored=("resultUrl", "contentType"),
)
"""Download in bulk, up to 100 recordings a job; a completed job can still hold an error for each of them."""

TRANSCRIPT_URLS = Read(
    name="transcript_urls",
    path="/api/v2/speechandtextanalytics/conversations/{conversationId}/communications/{communicationId}/transcripturls",
    items="",
    paging="none",
    permissions=("recording:recording:view", "recording:recordingSegment:view"),
    each=Each("analytics_session", {"conversationId": "conversation_id", "communicationId": "session_id"}),
    ignored=("communicationId", "conversation.id", "conversation.selfUri", "urls[].url", "urls[].recording.selfUri"),
)
"""Addresses of the transcript files, good for ten minutes; a 404 means none yet, so it is asked again."""

_CONVERSATION_START = timestamp(
    "conversation_start",
    "Start of the conversation, which gives the partition.",
    derived="conversation_start of the analytics_conversation row of conversation_id",
)
_CONVERSATION_ID = string("conversation_id", "Conversation that was recorded.")
_RECORDING_ID = string("recording_id", "Recording.", "id", key=True)
_SESSION_ID = string(
    "session_id", "Session that was recorded; for e-mails and messages possibly not one of analytics_session."
)
_FILE_STATE = string(
    "file_state",
    "State of the recording at Genesys when it was downloaded.",
    values=_FILE_STATES,
)


def _stored(what: str) -> tuple[Column, ...]:
    """Where the downloaded object lies; empty as long as nothing was downloaded."""
    return (
        string(
            "content_location",
            f"Key of the stored {what} in the object store.",
            derived="key under which the download was stored",
        ),
        string(
            "content_type", f"Media type of the stored {what}.", derived="Content-Type of the answer of the download"
        ),
        int64("size_bytes", f"Size of the stored {what}.", derived="bytes that were stored", unit="bytes"),
        string(
            "sha256",
            f"SHA-256 of the stored {what}, in hexadecimal digits.",
            derived="SHA-256 of the bytes that were stored",
        ),
    )


def _span() -> tuple[Column, ...]:
    return (
        timestamp("start_time", "Start of the recording; empty where nothing can be played."),
        timestamp("end_time", "End of the recording; empty where nothing can be played."),
    )


def _of_recording() -> tuple[Column, ...]:
    """Columns of a row that lies inside a recording."""
    return (
        string("recording_id", "Recording that the text is part of.", "$.id", key=True),
        string("conversation_id", "Conversation that was recorded.", "$.conversationId"),
        _CONVERSATION_START,
    )


_EMAIL_ADDRESSES: Shape = ({"email": "string", "name": "string"},)
_ANNOTATIONS: Shape = (
    {
        "id": "string",
        "name": "string",
        "type": "string",
        "location": "int64",
        "durationMs": "int64",
        "absoluteLocation": "int64",
        "absoluteDurationMs": "int64",
        "recordingLocation": "int64",
        "recordingDurationMs": "int64",
        "realtimeLocation": "int64",
        "description": "string",
        "reason": "string",
        "user": {"id": "string"},
    },
)
_AVAILABLE = "Annotations come only while the file is available, and only with the permission for them."

TABLES = (
    Table(
        name="recording_info",
        description="Every recording of a conversation: its media, its state at Genesys, its dates of archiving and "
        "deletion, and how far its download got.",
        read=RECORDING_METADATA,
        loading=Snapshot(parent=("conversation_id",)),
        partition_by="conversation_start",
        columns=(
            string("id", "Identifier of the recording.", key=True),
            string("conversation_id", "Conversation that was recorded.", "@request.conversationId"),
            _CONVERSATION_START,
            string(
                "media_type",
                "Media of the recording.",
                "media",
                values=("audio", "chat", "email", "message", "messaging", "screen"),
            ),
            string(
                "media_sub_type",
                "Where the recording was made.",
                "mediaSubtype",
                values=("Trunk", "Station", "Consult", "Screen", "Snippet"),
            ),
            string("file_state", "State of the file at Genesys.", values=_FILE_STATES),
            timestamp("delete_date", "When Genesys deletes the recording, or deleted it."),
            _SESSION_ID,
            string(
                "download_status",
                "What became of the download; empty before the first attempt.",
                derived="written by the download",
                values=("ARCHIVED", "ERROR", "EXCEPTION", "DELETED", "DOWNLOADED", "FAILED"),
            ),
            timestamp("archive_date", "When Genesys archives the recording, or archived it."),
            string(
                "action",
                "What is to be done with the recording next, such as to download it or to change its retention.",
                derived="set by whoever asks for the action, cleared when it is done",
            ),
            string(
                "message",
                "Outcome of the last action, with the reason where it failed.",
                derived="written by the action",
            ),
            timestamp("when_downloaded", "When the recording was downloaded.", derived="written by the download"),
            timestamp(
                "when_retention_date_changed",
                "When an action changed the date of deletion.",
                derived="written by the action",
            ),
            timestamp("start_time", "Start of the recording; filled here for screen recordings only."),
            timestamp("end_time", "End of the recording; filled here for screen recordings only."),
            string("media_subject", "Subject of the recording, such as that of an e-mail.", personal="content"),
            string("archive_medium", "Where the recording is archived.", values=("CLOUDARCHIVE",)),
            timestamp("restore_expiration_time", "Until when a recording restored from the archive stays restored."),
            timestamp("export_date", "When the recording is to be exported."),
            timestamp("exported_date", "When the recording was exported."),
            string("region", "Cloud region in which the recording lies."),
            json(
                "annotations",
                "Marks along the recording, such as holds and secure pauses, as an array of objects.",
                shape=_ANNOTATIONS,
                personal="content",
            ),
        ),
        note="An empty answer can mean that the permission for a media is missing. conversation_start is ours. "
        f"{_AVAILABLE}",
    ),
    Table(
        name="voice_recording",
        description="Audio of recorded calls, a row for every stored file: a call recorded in two channels has two.",
        read=RECORDINGS,
        rows="mediaUris{}",
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            string("recording_id", "Recording.", "$.id", key=True),
            string("conversation_id", "Conversation that was recorded.", "$.conversationId"),
            _CONVERSATION_START,
            string("session_id", "Session that was recorded.", "$.sessionId"),
            string(
                "media_key",
                "Which of the recording's files it is; by experience, the number of the channel.",
                "@key",
                key=True,
            ),
            timestamp("start_time", "Start of the recording.", "$.startTime"),
            timestamp("end_time", "End of the recording.", "$.endTime"),
            int64("output_duration_ms", "Length of the transcoded audio.", "$.outputDurationMs", unit="ms"),
            int64("output_size_in_bytes", "Size of the transcoded audio.", "$.outputSizeInBytes", unit="bytes"),
            int64("actual_transcode_time_ms", "How long transcoding took.", "$.actualTranscodeTimeMs", unit="ms"),
            string(
                "media_subtype",
                "Where the recording was made.",
                "$.mediaSubtype",
                values=("Trunk", "Station", "Consult", "Screen", "Snippet"),
            ),
            timestamp(
                "original_recording_start_time",
                "Start of the recording that this one is a copy or a part of.",
                "$.originalRecordingStartTime",
            ),
            timestamp("creation_time", "When Genesys created the recording.", "$.creationTime"),
            json(
                "annotations",
                "Marks along the recording, such as holds and secure pauses, as an array of objects.",
                "$.annotations",
                shape=_ANNOTATIONS,
                personal="content",
            ),
            *_stored("audio"),
        ),
        note="Only recordings whose media is audio. The signed addresses of the files are used at once, without the "
        f"token, and never stored. {_AVAILABLE}",
    ),
    Table(
        name="voice_transcript",
        description="What was said in recorded calls, a row a phrase, with the sentiment found in it.",
        read=TRANSCRIPT_URLS,
        rows="urls[]",
        loading=Tree("session_id"),
        partition_by="conversation_start",
        columns=(
            string("conversation_id", "Conversation of the call.", "@request.conversationId", key=True),
            _CONVERSATION_START,
            string("session_id", "Session whose recording was transcribed.", "@request.communicationId", key=True),
            string("recording_id", "Recording that was transcribed.", "recording.id", key=True),
            string(
                "transcript_id",
                "Transcript within the file.",
                derived="transcripts[].transcriptId of the file at urls[].url; its position in the array where it is "
                "missing",
                key=True,
            ),
            int64(
                "phrase_index",
                "Position of the phrase in its transcript, from 0.",
                derived="position in transcripts[].phrases[] of the file at urls[].url",
                key=True,
            ),
            string(
                "participant_purpose",
                "Whether somebody of the organisation spoke or somebody from outside.",
                derived="participantPurpose of the phrase",
                values=("internal", "external"),
            ),
            int64(
                "start_time_ms",
                "When the phrase began; whether counted from 1970 or from the start of the call is not settled.",
                derived="startTimeMs of the phrase",
                unit="ms",
            ),
            int64("duration_ms", "How long the phrase took.", derived="duration.milliseconds of the phrase", unit="ms"),
            string("text", "What was said.", derived="text of the phrase", personal="content"),
            string(
                "decorated_text",
                "What was said, with punctuation and spelling added.",
                derived="decoratedText of the phrase",
                personal="content",
            ),
            Column(
                "sentiment",
                "double",
                "Sentiment found in the phrase, from negative to positive numbers.",
                derived="sentiment of the element of transcripts[].analytics.sentiment[] with the phrase's phraseIndex",
                personal="content",
            ),
            string(
                "user_id",
                "Agent who spoke, where one can be told.",
                derived="userId of the element of participants[] whose purpose and time fit the phrase",
                personal="pseudonym",
            ),
        ),
        confidence="low",
        note="The layout of the transcript files is taken from third parties. All phrases of a session are replaced "
        "together.",
    ),
    Table(
        name="transcript",
        description="All transcripts of a conversation as JSON, of voice and of text.",
        read=TRANSCRIPT_URLS,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            string("conversation_id", "Conversation that was transcribed.", "@request.conversationId", key=True),
            _CONVERSATION_START,
            json(
                "transcript",
                "Texts of chat, e-mail and message recordings, an array with an object for every recording.",
                derived="recordings of the conversation with transcript, emailTranscript or messagingTranscript, from "
                f"GET {RECORDINGS.path}",
                personal="content",
            ),
            json(
                "voice_transcript",
                "Transcripts of calls, an array with the content of every file.",
                derived="contents of the files behind urls[].url of all sessions of the conversation",
                personal="content",
            ),
            json(
                "communication_ids",
                "Sessions that a transcript was found for, as an array.",
                derived="communicationId of every answer that had a file",
            ),
        ),
        confidence="medium",
        note="Complete only when every leg of the conversation was read. Joins to recording_info by conversation, "
        "which is not that table's key.",
    ),
    Table(
        name="chat_recording",
        description="Recorded chats, a row a recording with its document.",
        read=RECORDINGS,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            _RECORDING_ID,
            _CONVERSATION_ID,
            _CONVERSATION_START,
            _SESSION_ID,
            *_span(),
            json(
                "transcript",
                "Messages of the chat as one document, see chat_message.",
                personal="content",
            ),
            _FILE_STATE,
            *_stored("chat"),
        ),
        confidence="medium",
        note="Only recordings whose media is chat; web messaging is in message_recording.",
    ),
    Table(
        name="chat_message",
        description="Messages and events of recorded chats.",
        read=RECORDINGS,
        rows="transcript[]",
        loading=Tree("recording_id"),
        partition_by="conversation_start",
        columns=(
            *_of_recording(),
            int64("ordinal", "Position of the message in the chat, from 0.", "@index", key=True),
            string("body", "Text of the message.", personal="content"),
            string("id", "Identifier of the message; missing on some."),
            string("to", "Receiver of the message.", personal="contact"),
            string("from", "Sender of the message.", personal="contact"),
            timestamp("utc", "When the message was sent."),
            string("chat", "Interaction that the message belongs to, where given."),
            string("message", "Further identifier of the message, not its text."),
            string("type", "Kind of entry."),
            string(
                "body_type",
                "What the body is: a text, or an event such as typing, joining or leaving.",
                values=("STANDARD", "ACTIVITY", "TYPING", "NOTICE", "MEMBERJOIN", "MEMBERLEAVE", "MEDIAREQUEST"),
            ),
            string("sender_communication_id", "Session of the sender."),
            string("participant_purpose", "Role of the sender in the conversation, such as customer or agent."),
            string("user_id", "Agent who wrote; empty for customers.", "user.id", personal="pseudonym"),
            string("user_name", "Name of the agent who wrote.", "user.name", personal="name"),
        ),
        note="Identifiers of messages can be missing, so the position is in the key.",
    ),
    Table(
        name="email_recording",
        description="Recorded e-mail conversations, a row a recording with its document.",
        read=RECORDINGS,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            _RECORDING_ID,
            _CONVERSATION_ID,
            _CONVERSATION_START,
            _SESSION_ID,
            *_span(),
            json(
                "email_transcript",
                "E-mails of the recording as one document, see email_message.",
                personal="content",
            ),
            string(
                "recording_error_status",
                "Why the document is empty: it was too large to be given out.",
                values=("EMAIL_TRANSCRIPT_TOO_LARGE",),
            ),
            _FILE_STATE,
            *_stored("e-mail"),
        ),
        confidence="medium",
        note="Only recordings whose media is email. A reopened conversation adds to its recording: it is read again.",
    ),
    Table(
        name="email_message",
        description="E-mails of recorded conversations with their texts and addresses.",
        read=RECORDINGS,
        rows="emailTranscript[]",
        loading=Tree("recording_id"),
        partition_by="conversation_start",
        columns=(
            *_of_recording(),
            string("html_body", "Body of the e-mail as HTML.", personal="content"),
            string("text_body", "Body of the e-mail as plain text.", personal="content"),
            string("id", "Identifier of the e-mail.", key=True),
            json("to", "Receivers, as an array of addresses.", shape=_EMAIL_ADDRESSES, personal="contact"),
            json("cc", "Receivers of a copy, as an array of addresses.", shape=_EMAIL_ADDRESSES, personal="contact"),
            json(
                "bcc",
                "Hidden receivers of a copy, as an array of addresses.",
                shape=_EMAIL_ADDRESSES,
                personal="contact",
            ),
            string("subject", "Subject of the e-mail.", personal="content"),
            json(
                "attachments",
                "Attachments as an array of objects, see email_attachment.",
                shape=(
                    {
                        "name": "string",
                        "contentPath": "string",
                        "contentType": "string",
                        "attachmentId": "string",
                        "contentLength": "int64",
                    },
                ),
                personal="content",
            ),
            timestamp("time", "When the e-mail was sent."),
            string("from_email", "Address of the sender.", "from.email", personal="contact"),
            string("from_name", "Name of the sender.", "from.name", personal="name"),
            string("reply_to_email", "Address to which a reply goes.", "replyTo.email", personal="contact"),
        ),
    ),
    Table(
        name="email_attachment",
        description="Attachments of recorded e-mails: what they are, and where they are stored once downloaded.",
        read=RECORDINGS,
        rows="emailTranscript[].attachments[]",
        loading=Tree("recording_id"),
        partition_by="conversation_start",
        columns=(
            *_of_recording(),
            string("message_id", "E-mail that the file is attached to.", "$.emailTranscript[].id", key=True),
            int64("ordinal", "Position of the attachment in its e-mail, from 0.", "@index", key=True),
            string("name", "Name of the file.", personal="content"),
            string(
                "content_path", "Path of the content as Genesys gives it, not ready to be fetched.", personal="content"
            ),
            string("content_type", "Media type of the file as the e-mail states it."),
            string("attachment_id", "Identifier of the attachment; missing on some, as on images in the text."),
            int64("content_length", "Size of the file as the e-mail states it.", unit="bytes"),
            *(column for column in _stored("attachment") if column.name != "content_type"),
        ),
        confidence="medium",
        note="Identifiers of attachments can be missing, so the position is in the key. A file comes again with every "
        "reply that quotes it.",
    ),
    Table(
        name="message_recording",
        description="Recorded messaging conversations (web, SMS, social), a row a recording with its document.",
        read=RECORDINGS,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            _RECORDING_ID,
            _CONVERSATION_ID,
            _CONVERSATION_START,
            _SESSION_ID,
            *_span(),
            json(
                "messaging_transcript",
                "Messages of the recording as one document, with all kinds of content, see message_message.",
                personal="content",
            ),
            _FILE_STATE,
            *_stored("messages"),
        ),
        confidence="medium",
        note="Only recordings whose media is message or messaging, as both words occur. Conversations go on for days, "
        "so they are read again.",
    ),
    Table(
        name="message_message",
        description="Messages of recorded messaging conversations with their texts, attachments, buttons and receipts.",
        read=RECORDINGS,
        rows="messagingTranscript[]",
        loading=Tree("recording_id"),
        partition_by="conversation_start",
        columns=(
            *_of_recording(),
            string("from", "Address or account of the sender.", personal="contact"),
            string("to", "Address or account of the receiver.", personal="contact"),
            timestamp("timestamp", "When the message was sent."),
            string("id", "Identifier of the message.", key=True),
            string("status", "State of the message's delivery."),
            string("purpose", "Role of the sender in the conversation, such as customer or agent."),
            string("participant_id", "Participant of the conversation who sent the message."),
            string("message_text", "Text of the message; empty for structured content.", personal="content"),
            json(
                "message_media_attachments",
                "Files sent along, as an array of objects; their addresses expire.",
                shape=(
                    {
                        "url": "string",
                        "mediaType": "string",
                        "contentLength": "int64",
                        "name": "string",
                        "id": "string",
                    },
                ),
                personal="content",
            ),
            json(
                "message_sticker_attachments",
                "Stickers sent along, as an array of objects; their addresses expire.",
                shape=({"url": "string", "id": "string"},),
                personal="content",
            ),
            json(
                "quick_replies",
                "Replies offered for choice, as an array of objects.",
                shape=(
                    {
                        "text": "string",
                        "payload": "string",
                        "url": "string",
                        "action": "string",
                        "isSelected": "boolean",
                    },
                ),
                personal="content",
            ),
            json(
                "button_responses",
                "Buttons that were pressed, as an array of objects.",
                shape=(
                    {
                        "type": "string",
                        "text": "string",
                        "payload": "string",
                        "messageType": "string",
                        "originatingMessageId": "string",
                    },
                ),
                personal="content",
            ),
            json("cards", "Cards shown, as an array of objects with their title and actions.", personal="content"),
            string("content_type", "Kind of structured content, such as Card, ListPicker or Form."),
            string("social_visibility", "Whether a social message was public.", values=("Public", "Private")),
            json("events", "Events such as typing, presence or co-browsing, as an array of objects."),
            json("message_receipts", "Receipts of delivery and reading, as an array of objects."),
            string("from_user_id", "Agent who sent the message.", "fromUser.id", personal="pseudonym"),
            string(
                "from_external_contact_id",
                "External contact who sent the message.",
                "fromExternalContact.id",
                personal="pseudonym",
            ),
            string("queue_id", "Queue that sent the message.", "queue.id"),
            string("workflow_id", "Workflow that sent the message.", "workflow.id"),
            string(
                "button_response_text",
                "Text of the button that was pressed.",
                "buttonResponse.text",
                personal="content",
            ),
            string(
                "button_response_payload",
                "What the button that was pressed stands for.",
                "buttonResponse.payload",
                personal="content",
            ),
            string("story_url", "Address of a story that the message refers to.", "story.url", personal="content"),
        ),
        note="Rarer kinds of content (forms, pickers, payments, applications) are kept in the document of "
        "message_recording only.",
    ),
    Table(
        name="failed_recording_info",
        description="Recordings that could not be downloaded, with the reason and the attempts so far.",
        read=RECORDING_BATCH,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            string("conversation_id", "Conversation that was recorded.", key=True),
            string("recording_id", "Recording that could not be downloaded.", key=True),
            _CONVERSATION_START,
            string(
                "error_message",
                "Why the last attempt failed.",
                derived="errorMsg of the batch result; for a single download recordingErrorStatus, fileState or the "
                "status of the answer",
            ),
            timestamp("first_failed", "When the download failed first.", derived="written by the download"),
            timestamp("last_failed", "When the download failed last.", derived="written by the download"),
            int64("attempts", "Attempts that failed.", derived="counted by the download", unit="count"),
        ),
        confidence="medium",
        note="A row goes when its recording was downloaded. Recordings that a batch leaves out are found by comparing "
        "identifiers, not by its error count.",
    ),
    Table(
        name="failed_transcript",
        description="Conversations whose transcript could not be read, with the attempts so far.",
        read=TRANSCRIPT_URLS,
        loading=Upsert(),
        partition_by="conversation_start",
        columns=(
            string("conversation_id", "Conversation without a transcript.", "@request.conversationId", key=True),
            _CONVERSATION_START,
            string(
                "communication_id",
                "Session whose transcript failed last.",
                "@request.communicationId",
            ),
            timestamp("first_failed", "When reading failed first.", derived="written by the reading"),
            int64("attempts", "Attempts that failed.", derived="counted by the reading", unit="count"),
            timestamp("last_failed", "When reading failed last.", derived="written by the reading"),
        ),
        confidence="medium",
        note="A row goes when all sessions of the conversation were read. A conversation that was never transcribed "
        "answers like one that is late, so the attempts are bounded.",
    ),
)

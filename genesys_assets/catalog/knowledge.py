"""Knowledge bases: articles with their categories and labels, and what readers thought of them."""

from __future__ import annotations

from genesys_assets.catalog.declare import (
    Column,
    Each,
    Expands,
    Read,
    Snapshot,
    Table,
    boolean,
    int64,
    json,
    string,
    timestamp,
)

_BASES = "/api/v2/knowledge/knowledgebases"
_BY_BASE = Each("knowledge_base", {"knowledgeBaseId": "id"})

# Both asked for, as it is not documented what the answer holds without the filter.
KNOWLEDGE_BASES = Read(
    name="knowledge_bases",
    path=_BASES,
    paging="cursor",
    page_size=100,
    permissions=("knowledge:knowledgebase:view",),
    variants=({"published": "true"}, {"published": "false"}),
)

# Without includeDrafts unpublished articles lack; without expand every article looks as if it had no
# category and no label.
DOCUMENTS = Read(
    name="knowledge_documents",
    path=f"{_BASES}/{{knowledgeBaseId}}/documents",
    paging="cursor",
    page_size=200,
    parameters={"includeDrafts": "true", "expand": "category,labels"},
    permissions=("knowledge:document:view",),
    each=_BY_BASE,
    expands=Expands(
        path=f"{_BASES}/{{knowledgeBaseId}}/documents/{{documentId}}",
        parameters={"documentId": "id"},
        # Without it a draft is answered with the version that was published last.
        query={"state": "state"},
        fields={"category": "category", "labels": "labels"},
    ),
    ignored=(
        "createdBy.selfUri",
        "modifiedBy.selfUri",
        "documentVersion.selfUri",
        "category.name",
        "category.description",
        "category.externalId",
        "category.dateCreated",
        "category.dateModified",
        "category.parentCategory",
        "category.documentCount",
        "category.knowledgeBase",
        "category.selfUri",
        "labels[].name",
        "labels[].color",
        "labels[].dateCreated",
        "labels[].dateModified",
        "labels[].documentCount",
        "labels[].externalId",
        "labels[].selfUri",
        "knowledgeBase.id",
        "knowledgeBase.contentSearchEnabled",
        "knowledgeBase.selfUri",
        "source.selfUri",
        "variations",
    ),
)

CATEGORIES = Read(
    name="knowledge_categories",
    path=f"{_BASES}/{{knowledgeBaseId}}/categories",
    paging="cursor",
    page_size=200,
    parameters={"includeDocumentCount": "true"},
    permissions=("knowledge:category:view",),
    each=_BY_BASE,
    ignored=(
        "parentCategory.name",
        "parentCategory.parentCategory",
        "parentCategory.selfUri",
        "knowledgeBase",
    ),
)

LABELS = Read(
    name="knowledge_labels",
    path=f"{_BASES}/{{knowledgeBaseId}}/labels",
    paging="cursor",
    page_size=200,
    parameters={"includeDocumentCount": "true"},
    permissions=("knowledge:label:view",),
    each=_BY_BASE,
)

# Without a state only sent feedback is listed, and a state can be asked for only together with
# onlyCommented=true: drafts take a second answer, and a draft without a comment is out of reach.
FEEDBACK = Read(
    name="knowledge_feedback",
    path=f"{_BASES}/{{knowledgeBaseId}}/documents/feedback",
    paging="cursor",
    page_size=200,
    permissions=("knowledge:feedback:view",),
    each=_BY_BASE,
    variants=({"onlyCommented": "false"}, {"onlyCommented": "true", "state": "Draft"}),
    ignored=(
        "document.knowledgeBase",
        "document.selfUri",
        "application.deployment.selfUri",
        "application.botFlow.selfUri",
        "application.assistant.selfUri",
        "conversationContext.conversation.selfUri",
        "conversationContext.queue.selfUri",
        "conversationContext.externalContact.selfUri",
        "user.selfUri",
    ),
)


def _base_id(name: str, description: str, *, key: bool = False) -> Column:
    """The knowledge base that was asked, which some answers leave out."""
    return string(name, description, "@request.knowledgeBaseId", key=key)


TABLES = (
    Table(
        name="knowledge_base",
        description="Knowledge bases, each a collection of articles in one language.",
        read=KNOWLEDGE_BASES,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the knowledge base.", key=True),
            string("name", "Name of the knowledge base."),
            string("description", "What the knowledge base is for, as its owners wrote it."),
            string("core_language", "Language of the articles, as a code such as en-US."),
            timestamp("date_created", "When the knowledge base was created."),
            timestamp("date_modified", "When the knowledge base itself was last changed."),
            int64("faq_count", "Questions and answers in the knowledge base, of the older kind.", unit="count"),
            timestamp("date_document_last_modified", "When any article of the knowledge base was last changed."),
            int64("article_count", "Articles in the knowledge base.", unit="count"),
            boolean("published", "Whether the knowledge base is published, so that it can be searched from outside."),
            boolean("content_search_enabled", "Whether searches look into the text of articles, not only at titles."),
            string("self_uri", "Address of the knowledge base in the API."),
        ),
    ),
    Table(
        name="articles",
        description="Knowledge articles in their present version, drafts included, one row an article.",
        read=DOCUMENTS,
        loading=Snapshot(parent=("knowledge_base_id",)),
        columns=(
            string("id", "Identifier of the article.", key=True),
            string("title", "Title of the article, usually the question that it answers."),
            boolean("visible", "Whether searches may find the article."),
            json(
                "alternatives",
                "Other wordings of the title that searches find, each with whether it is offered while typing.",
                shape=({"phrase": "string", "autocomplete": "boolean"},),
            ),
            string("state", "Whether the present version is published.", values=("Draft", "Published", "Archived")),
            timestamp("date_created", "When the article was created."),
            timestamp("date_modified", "When the article was last changed."),
            timestamp("date_imported", "When the article was imported; empty for one written here."),
            int64("last_published_version_number", "Number of the version that was published last."),
            timestamp("date_published", "When the article was last published."),
            string("created_by_id", "User who created the article.", "createdBy.id", personal="pseudonym"),
            string("modified_by_id", "User who last changed the article.", "modifiedBy.id", personal="pseudonym"),
            string("document_version_id", "Version of the article that the row shows.", "documentVersion.id"),
            string("category_id", "Category of the article; the same as in article_categories.", "category.id"),
            _base_id("knowledge_base_id", "Knowledge base that holds the article."),
            string(
                "knowledge_base_language_code",
                "Language of the knowledge base, as a code such as en-US.",
                "knowledgeBase.languageCode",
            ),
            string("external_id", "Identifier of the article in the system that it comes from."),
            string("external_url", "Address of the original of an article that comes from elsewhere."),
            string("source_id", "Source from which the article is kept in step.", "source.id"),
            boolean("readonly", "Whether the article cannot be changed here, as its source owns it."),
            string("self_uri", "Address of the article in the API."),
        ),
        note="The text is not loaded: it stands in the variations of the article, a call apart. Whether the listing "
        "holds archived articles is not said; one that leaves the listing keeps its row with db_when_deleted.",
    ),
    Table(
        name="article_categories",
        description="Which category an article stands in, one row an article and category.",
        read=DOCUMENTS,
        rows="category",
        loading=Snapshot(parent=("knowledge_base_id",)),
        columns=(
            string("article_id", "Article that stands in the category.", "$.id", key=True),
            string("category_id", "Category of the article.", "id", key=True),
            _base_id("knowledge_base_id", "Knowledge base that holds both."),
        ),
        note="Genesys gives an article at most one category; an article without one has no row. The graph draws "
        "category_id to this table itself, but what it names is a row of categories.",
    ),
    Table(
        name="article_labels",
        description="Which labels an article carries, one row an article and label.",
        read=DOCUMENTS,
        rows="labels[]",
        loading=Snapshot(parent=("knowledge_base_id",)),
        columns=(
            string("article_id", "Article that carries the label.", "$.id", key=True),
            string("label_id", "Label on the article.", "id", key=True),
            _base_id("knowledge_base_id", "Knowledge base that holds both."),
        ),
        note="The graph draws label_id to this table itself, but what it names is a row of labels.",
    ),
    Table(
        name="categories",
        description="Categories by which the articles of a knowledge base are ordered, as a tree.",
        read=CATEGORIES,
        loading=Snapshot(parent=("knowledgebase_id",)),
        columns=(
            string("id", "Identifier of the category.", key=True),
            string("name", "Name of the category."),
            string("description", "What belongs into the category."),
            string("external_id", "Identifier of the category in the system that it comes from."),
            timestamp("date_created", "When the category was created."),
            timestamp("date_modified", "When the category was last changed."),
            string("parent_category_id", "Category one level up; empty at the top of the tree.", "parentCategory.id"),
            int64("document_count", "Articles in the category.", unit="count"),
            _base_id("knowledgebase_id", "Knowledge base that the category belongs to."),
            string("self_uri", "Address of the category in the API."),
        ),
    ),
    Table(
        name="labels",
        description="Labels that the articles of a knowledge base can carry.",
        read=LABELS,
        loading=Snapshot(parent=("knowledgebase_id",)),
        columns=(
            _base_id("knowledgebase_id", "Knowledge base that the label belongs to."),
            string("id", "Identifier of the label.", key=True),
            string("name", "Text of the label."),
            string("color", "Colour in which the label is shown, as a code such as #FF0000."),
            timestamp("date_created", "When the label was created."),
            timestamp("date_modified", "When the label was last changed."),
            int64("document_count", "Articles that carry the label.", unit="count"),
            string("external_id", "Identifier of the label in the system that it comes from."),
            string("self_uri", "Address of the label in the API."),
        ),
        note="The answer does not name the knowledge base, so it is taken from the request.",
    ),
    Table(
        name="article_feedback",
        description="Ratings and comments that readers, customers or agents, left on articles, one row a rating.",
        read=FEEDBACK,
        loading=Snapshot(parent=("knowledgebase_id",)),
        columns=(
            string("id", "Identifier of the feedback.", key=True),
            string("document_id", "Article that was rated.", "document.id"),
            string("document_version_id", "Version of the article that was rated.", "document.versionId"),
            string("document_variation_id", "Variation of the article that was shown.", "documentVariation.id"),
            _base_id("knowledgebase_id", "Knowledge base that holds the article."),
            string("rating", "Whether the article helped.", values=("Negative", "Positive")),
            string(
                "reason",
                "What a negative rating is about: the article, or that the search brought it up.",
                values=("DocumentContent", "SearchResults"),
            ),
            string("comment", "What the reader wrote.", personal="content"),
            string("search_id", "Search that brought up the article.", "search.id"),
            string(
                "session_id",
                "Knowledge session of the reader; not a session of a conversation, so it rarely joins to one.",
                personal="pseudonym",
            ),
            timestamp("date_created", "When the feedback was given."),
            string(
                "query_type",
                "How the reader came to the article.",
                values=(
                    "Unknown",
                    "Article",
                    "AutoSearch",
                    "Category",
                    "ManualSearch",
                    "Recommendation",
                    "Suggestion",
                    "ExpandedArticle",
                ),
            ),
            string(
                "surfacing_method",
                "In what form the knowledge was shown: the whole article, an excerpt, a marked answer in an excerpt, "
                "or an answer generated from it.",
                values=("Unknown", "Article", "Snippet", "Highlight", "Generative"),
            ),
            string("state", "Whether the reader has sent the feedback off.", values=("Draft", "Final")),
            string(
                "application_type",
                "Kind of application in which the article was read.",
                "application.type",
                values=("Assistant", "BotFlow", "MessengerKnowledgeApp", "SmartAdvisor", "SupportCenter"),
            ),
            string(
                "application_deployment_id",
                "Deployment of the messenger or support centre in which it was read.",
                "application.deployment.id",
            ),
            string("application_bot_flow_id", "Bot flow in which the article was shown.", "application.botFlow.id"),
            string("application_assistant_id", "Agent assistant that showed the article.", "application.assistant.id"),
            string(
                "conversation_id",
                "Conversation during which the feedback was given; the way to join it to history.",
                "conversationContext.conversation.id",
            ),
            string("queue_id", "Queue of that conversation.", "conversationContext.queue.id"),
            string(
                "external_contact_id",
                "External contact of that conversation.",
                "conversationContext.externalContact.id",
                personal="pseudonym",
            ),
            string(
                "media_type",
                "Medium of that conversation.",
                "conversationContext.mediaType",
                values=(
                    "Unknown",
                    "Callback",
                    "Chat",
                    "Cobrowse",
                    "Email",
                    "Message",
                    "Screenshare",
                    "Video",
                    "Voice",
                ),
            ),
            string("user_id", "User who gave the feedback; empty for a customer.", "user.id", personal="pseudonym"),
            string("self_uri", "Address of the feedback in the API."),
        ),
        confidence="medium",
        note="All sent feedback, and drafts that have a comment: drafts without one cannot be listed. The permission "
        "is that of the same listing for one article, as none is documented for this one.",
    ),
)

"""Quality management: evaluation forms and their parts, evaluations with their scores, customer surveys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from genesys_assets.catalog.declare import (
    Column,
    Each,
    Read,
    Shape,
    Snapshot,
    Table,
    Tree,
    Upsert,
    boolean,
    double,
    int64,
    json,
    string,
    timestamp,
)
from genesys_assets.catalog.feeds import Feed, Found, Supplement, Unfinished

_FORM_PERMISSIONS = ("quality:evaluationForm:view",)

# All versions, not the latest of each form: an evaluation points at the version it was made with.
PUBLISHED_FORMS = Read(
    name="published_evaluation_forms",
    path="/api/v2/quality/publishedforms/evaluations",
    page_size=100,
    parameters={"onlyLatestPerContext": "false"},
    permissions=_FORM_PERMISSIONS,
    ignored=(
        "division.name",
        "division.selfUri",
        "questionGroups",
        "evaluationSettings.disputesAssignees",
        "publishedVersions",
        "aiScoring",
    ),
)

# Only this answer has the questions: every listing of forms leaves them out.
FORM_CONTENTS = Read(
    name="evaluation_form_contents",
    path="/api/v2/quality/forms/evaluations/{formId}",
    items="",
    paging="none",
    permissions=_FORM_PERMISSIONS,
    each=Each("evaluation_form", {"formId": "id"}, once=True),
    ignored=(
        "id",
        "name",
        "division",
        "modifiedDate",
        "published",
        "contextId",
        "weightMode",
        "evaluationSettings",
        "publishedVersions",
        "latestVersionFormName",
        "aiScoring",
        "dialect",
        "selfUri",
        # An option of a multiple-select question is a question that has no such options itself.
        "questionGroups[].questions[].multipleSelectOptionQuestions[].multipleSelectOptionQuestions",
    ),
)

_EVALUATION = "/api/v2/quality/conversations/{conversationId}/evaluations/{evaluationId}"
_EVALUATION_SEARCH = "/api/v2/quality/evaluations/search"
_DETAILS = "/api/v2/analytics/conversations/details"

OPEN_EVALUATION_DAYS = 90
"""So long after its creation an evaluation that is not finished is looked at again; a search spans three months."""

DELETED_DAYS = 31
"""Deleted evaluations are looked for on the conversations of so many days, the widest that a filtered query takes."""


def _search(field: str, *more: Mapping[str, object], system_submitted: bool) -> Mapping[str, object]:
    """The body of a search; one answer never mixes what automated scoring submitted with the rest."""
    between = {"startValue": "{interval_start}", "endValue": "{interval_end}", "operator": "AND"}
    return {
        "query": [{"type": "DATE_RANGE", "field": field, **between}, *more],
        "pageSize": "{page_size}",
        "pageNumber": "{page_number}",
        "sortBy": field,
        "sortOrder": "ASC",
        "systemSubmitted": system_submitted,
    }


def _details(field: str, part: str, key: str, owned_by: str) -> Supplement:
    """What analytics knows of a part of a conversation, asked for fifty conversations at a time."""
    return Supplement(
        field=field,
        path=_DETAILS,
        parameter="id",
        at_once=50,
        items="conversations",
        owner="conversationId",
        owned_by=owned_by,
        part=part,
        key=key,
    )


EVALUATIONS = Read(
    name="evaluations",
    path=_EVALUATION,
    items="",
    paging="none",
    permissions=("quality:evaluation:searchAny", "quality:evaluation:view", "analytics:conversationDetail:view"),
    found=Found(
        feeds={
            "changes": Feed(
                _EVALUATION_SEARCH,
                "results",
                tuple(
                    _search(field, system_submitted=system_submitted)
                    for field in ("createdDate", "submittedDate", "releaseDate")
                    for system_submitted in (False, True)
                ),
            ),
            "open": Feed(
                _EVALUATION_SEARCH,
                "results",
                tuple(
                    _search(
                        "createdDate",
                        {
                            "type": "EXACT",
                            "field": "evaluationStatus",
                            "values": ["PENDING", "INPROGRESS", "INREVIEW"],
                            "operator": "AND",
                        },
                        system_submitted=system_submitted,
                    )
                    for system_submitted in (False, True)
                ),
                days=OPEN_EVALUATION_DAYS,
            ),
            "deleted": Feed(
                f"{_DETAILS}/query",
                "conversations",
                (
                    {
                        "interval": "{interval}",
                        "order": "asc",
                        "orderBy": "conversationStart",
                        "evaluationFilters": [
                            {
                                "type": "and",
                                "predicates": [
                                    {
                                        "type": "dimension",
                                        "dimension": "deleted",
                                        "operator": "matches",
                                        "value": "true",
                                    }
                                ],
                            }
                        ],
                        "paging": {"pageSize": 100, "pageNumber": 1},
                    },
                ),
                days=DELETED_DAYS,
            ),
        },
        parameters={"conversationId": "conversation_id", "evaluationId": "evaluation_id"},
        supplement=_details("analytics", "evaluations", "evaluationId", "conversation.id"),
        unfinished=Unfinished(
            "analytics_evaluation",
            "evaluation_status",
            ("Pending", "InProgress", "InReview"),
            "created_date",
            OPEN_EVALUATION_DAYS,
        ),
    ),
    ignored=(
        "name",
        "conversation.selfUri",
        "evaluationForm.division",
        "evaluationForm.modifiedDate",
        "evaluationForm.published",
        "evaluationForm.questionGroups",
        "evaluationForm.weightMode",
        "evaluationForm.evaluationSettings",
        "evaluationForm.publishedVersions",
        "evaluationForm.latestVersionFormName",
        "evaluationForm.aiScoring",
        "evaluationForm.dialect",
        "evaluationForm.selfUri",
        "evaluator",
        "agent",
        "assignee",
        "calibration.selfUri",
        "queue",
        "answers.maxTotalRawScore",
        "answers.maxTotalRawCriticalScore",
        "answers.privateComments",
        "answers.questionGroupScores[].questionScores[].aiAnswer.markedNotApplicable",
        "mediaType",
        "divisionIds",
        "assigned",
        "isScoringIndex",
        "authorizedActions",
        "hasAssistanceFailed",
        "evaluationSource",
        "versionHistory",
        "retractedEvaluation.selfUri",
        "aiScoring",
        "selfUri",
        *(
            f"analytics.evaluations.{field}"
            for field in (
                "assigneeApplicable",
                "assigneeId",
                "calibrationId",
                "contextId",
                "evaluationId",
                "evaluationStatus",
                "evaluatorId",
                "eventTime",
                "formId",
                "formName",
                "queueId",
                "userId",
            )
        ),
    ),
)
"""Evaluations, each read by itself once it is new or has changed: only that answer has the answers to the questions.

The search finds what was created, submitted or released in an interval of at most three months; a plain edit shows
in ``changedDate`` alone, which cannot be searched, so those that are not finished are listed again. The search says
when each was changed, so that nothing is read that is known already. Deleted evaluations are found by none of this:
the conversation details tell of them.
"""

_CONVERSATION_SURVEYS = "/api/v2/quality/conversations/{conversationId}/surveys"

OPEN_SURVEY_DAYS = 31
"""So long after its conversation a survey that was not answered is looked at again."""

SURVEYS = Read(
    name="conversation_surveys",
    path=_CONVERSATION_SURVEYS,
    items="",
    paging="none",
    permissions=("quality:survey:view", "analytics:conversationDetail:view"),
    found=Found(
        feeds={
            # The filter leaves only conversations that have a survey: a small answer, not the whole day again.
            "conversations": Feed(
                f"{_DETAILS}/jobs",
                "conversations",
                (
                    {
                        "interval": "{interval}",
                        "order": "asc",
                        "orderBy": "conversationStart",
                        "surveyFilters": [
                            {
                                "type": "and",
                                "predicates": [
                                    {"type": "dimension", "dimension": "surveyStatus", "operator": "exists"}
                                ],
                            }
                        ],
                    },
                ),
                paging="async_job",
                page_size=1000,
            ),
        },
        parameters={"conversationId": "conversation_id"},
        supplement=_details("analytics", "surveys", "surveyId", "conversation.id"),
        unfinished=Unfinished(
            "conversation_survey",
            "status",
            ("Pending", "Sent", "InProgress"),
            "conversation_start",
            OPEN_SURVEY_DAYS,
        ),
    ),
    ignored=(
        "name",
        "conversation.selfUri",
        "surveyForm",
        "agent",
        "queue",
        "surveyErrorDetails",
        "agentTeam",
        "surveyType",
        "flow",
        "selfUri",
        "analytics.surveys.surveyId",
    ),
)
"""Surveys, asked for once a conversation that has one: the answer holds all surveys of the conversation."""

_QUESTIONS = "questionGroups[].questions[]"
_OPTION_QUESTIONS = f"{_QUESTIONS}.multipleSelectOptionQuestions[]"
_GROUP_SCORES = "answers.questionGroupScores[]"

_FORM_NOTE = (
    "Read once for every published version of a form. A published version never changes, so one read is enough for "
    "its life. What belongs to a version that Genesys no longer lists is retired with it, and stays, as evaluations "
    "go on pointing at it."
)

_QUESTION_SCORE: dict[str, Shape] = {
    "questionId": "string",
    "answerId": "string",
    "score": "double",
    "markedNA": "boolean",
    "systemMarkedNA": "boolean",
    "assistedAnswerId": "string",
    "failedKillQuestion": "boolean",
    "comments": "string",
    "aiAnswer": {
        "answerId": "string",
        "explanation": "string",
        "failureType": "string",
        "markedNotApplicable": "boolean",
    },
}


_IN_ANALYTICS = "analytics.evaluations[0]"
_IN_SURVEY_ANALYTICS = "analytics.surveys[0]"


def _evaluation_keys() -> Iterator[Column]:
    yield string("conversation_id", "Conversation that was evaluated.", "$.conversation.id", key=True)
    yield string("evaluation_id", "Evaluation that the row belongs to.", "$.id", key=True)


def _form_id() -> Column:
    return string("form_id", "Version of the form that the row belongs to.", "@request.formId", key=True)


def _group_scores() -> Iterator[Column]:
    """Score and maximum, of all, critical and other questions, with and without the group's weight."""
    for weighted, how in (("", "weighted as the form says"), ("_unweighted", "before any weighting")):
        for part, which in (
            ("total", "all questions"),
            ("total_critical", "the critical questions"),
            ("total_non_critical", "the questions that are not critical"),
        ):
            yield double(
                f"{part}_score{weighted}",
                f"Points reached in {which} of the group, {how}.",
                unit="points",
                personal="employment",
            )
            yield double(
                f"max_{part}_score{weighted}",
                f"Points that could be reached in {which} of the group, {how}.",
                unit="points",
            )


EVALUATION_FORM = Table(
    name="evaluation_form",
    description="Published versions of the forms with which conversations are evaluated, one row a version.",
    read=PUBLISHED_FORMS,
    loading=Snapshot(),
    columns=(
        string("id", "Identifier of this version of the form; evaluations refer to it.", key=True),
        string("name", "Name of the form in this version."),
        string("division_id", "Division that the form belongs to.", "division.id"),
        timestamp("modified_date", "When this version was last changed."),
        boolean("published", "Whether the version is published; drafts are not loaded."),
        string("context_id", "Identifier of the form across all its versions."),
        string(
            "weight_mode",
            "Whether question groups are weighted: SCALED brings the weights to 100 percent, OFF counts plain points.",
            values=("SCALED", "OFF"),
        ),
        boolean(
            "evaluation_settings_revisions_enabled",
            "Whether scoring an evaluation anew makes a new version of it and retracts the old one.",
            "evaluationSettings.revisionsEnabled",
        ),
        boolean(
            "evaluation_settings_disputes_enabled",
            "Whether agents may dispute an evaluation made with the form.",
            "evaluationSettings.disputesEnabled",
        ),
        int64(
            "evaluation_settings_disputes_allowed_per_evaluation",
            "How often one evaluation may be disputed.",
            "evaluationSettings.disputesAllowedPerEvaluation",
            unit="count",
        ),
        string("latest_version_form_name", "Name of the form in its newest published version."),
        string("dialect", "Language variant that the form is written in, as a code such as en-US."),
        string("self_uri", "Address of the version in the API."),
    ),
    note="Published versions only: no evaluation is made with a draft, and publishing keeps the draft's identifier for "
    "the version. The listing of drafts would say published=false of every form.",
)

EVALUATION_QUESTION_GROUP = Table(
    name="evaluation_question_group",
    description="Groups of questions in each published version of an evaluation form.",
    read=FORM_CONTENTS,
    rows="questionGroups[]",
    loading=Snapshot(parent=("form_id",)),
    columns=(
        _form_id(),
        string("id", "Identifier of the group within this version.", key=True),
        string("context_id", "Identifier of the group across all versions of the form."),
        string("name", "Title of the group."),
        string("type", "Kind of the group, as Genesys spells it."),
        boolean("default_answers_to_highest", "Whether questions start out with the answer of most points."),
        boolean("default_answers_to_na", "Whether questions start out as not applicable.", "defaultAnswersToNA"),
        boolean("na_enabled", "Whether the evaluator may mark the whole group as not applicable."),
        double("weight", "Share of the group in the total score of the form.", unit="percent"),
        boolean("manual_weight", "Whether the weight was set by hand instead of following from the points."),
        json(
            "visibility_condition",
            "Answers to other questions on which the group is shown, as predicates and how they combine.",
        ),
        boolean(
            "default_answers_to_highest_score",
            "Newer setting: whether questions start out with the answer of most points.",
            "defaultAnswersTo.highestScore",
        ),
        boolean(
            "default_answers_to_not_applicable",
            "Newer setting: whether questions start out as not applicable.",
            "defaultAnswersTo.notApplicable",
        ),
        boolean(
            "default_answers_to_lowest_score",
            "Newer setting: whether questions start out with the answer of fewest points.",
            "defaultAnswersTo.lowestScore",
        ),
        boolean(
            "default_answers_to_user_defined",
            "Newer setting: whether questions start out with the answer chosen for each in the form.",
            "defaultAnswersTo.userDefined",
        ),
        int64("sort_order", "Position of the group in the form, from 0.", "@index", unit="count"),
    ),
    note=_FORM_NOTE,
)

EVALUATION_QUESTION = Table(
    name="evaluation_question",
    description="Questions in each published version of an evaluation form, with the options of multiple-select "
    "questions, which are questions of their own.",
    read=FORM_CONTENTS,
    rows=(_QUESTIONS, _OPTION_QUESTIONS),
    loading=Snapshot(parent=("form_id",)),
    columns=(
        _form_id(),
        string("group_id", "Group that the question stands in.", "$.questionGroups[].id", key=True),
        string("id", "Identifier of the question within this version.", key=True),
        string("context_id", "Identifier of the question across all versions of the form."),
        string(
            "parent_question_id",
            "Multiple-select question whose option the row is; empty for a question of its own.",
            f"$.{_QUESTIONS}.id",
        ),
        string("text", "The question as the evaluator reads it."),
        string("help_text", "Explanation for the evaluator beside the question."),
        string(
            "type",
            "How the question is answered.",
            values=(
                "multipleChoiceQuestion",
                "multipleSelectQuestion",
                "freeTextQuestion",
                "npsQuestion",
                "readOnlyTextBlockQuestion",
            ),
        ),
        boolean("na_enabled", "Whether the evaluator may answer that the question does not apply."),
        boolean("comments_required", "Whether the evaluator has to write a comment with the answer."),
        boolean("is_kill", "Whether any but the best answer brings the whole evaluation to zero."),
        boolean("is_critical", "Whether the question counts in the critical score."),
        json(
            "visibility_condition",
            "Answers to other questions on which the question is shown, as predicates and how they combine.",
        ),
        string("default_answer_id", "Answer option that is chosen to start with.", "defaultAnswer.id"),
        boolean(
            "default_answer_not_applicable",
            "Whether the question starts out as not applicable.",
            "defaultAnswer.notApplicable",
        ),
        string(
            "automated_scoring_focus",
            "What automated scoring looks at: the whole interaction, or only what the evaluated agent did.",
            values=("FullInteraction", "EvaluatedAgent"),
        ),
        int64(
            "sort_order",
            "Position in the group, or of an option in its multiple-select question, from 0.",
            "@index",
            unit="count",
        ),
    ),
    note=_FORM_NOTE,
)

ANSWER_OPTION = Table(
    name="answer_option",
    description="Answers that a question of an evaluation form offers, in each published version of the form; "
    "questions answered by free text have none.",
    read=FORM_CONTENTS,
    rows=(f"{_QUESTIONS}.answerOptions[]", f"{_OPTION_QUESTIONS}.answerOptions[]"),
    loading=Snapshot(parent=("form_id",)),
    columns=(
        _form_id(),
        string("group_id", "Question group that the question stands in.", "$.questionGroups[].id"),
        string(
            "question_id",
            "Question that the answer belongs to; for an option of a multiple-select question, that question.",
            f"$.{_QUESTIONS}.id",
            key=True,
        ),
        string(
            "option_question_id",
            "Option of the multiple-select question that the answer selects or not; empty for any other question.",
            f"$.{_OPTION_QUESTIONS}.id",
        ),
        string("id", "Identifier of the answer within this version.", key=True),
        string("context_id", "Identifier of the answer across all versions of the form."),
        string(
            "built_in_type",
            "Which of the two built-in states of a multiple-select option the answer stands for; empty for others.",
            values=("Selected", "Unselected"),
        ),
        string("text", "The answer as the evaluator reads it."),
        int64("value", "Points that the answer gives.", unit="points"),
        json(
            "assistance_conditions",
            "Topics whose presence or absence in the conversation suggests the answer; all of them have to hold.",
            shape=({"operator": "string", "topicIds": ("string",)},),
        ),
        int64("sort_order", "Position of the answer in its question, from 0.", "@index", unit="count"),
    ),
    note=_FORM_NOTE + " The options of a multiple-select question hold their two answers one level deeper; "
    "option_question_id tells which option, as a row of evaluation_question.",
)

ANALYTICS_EVALUATION = Table(
    name="analytics_evaluation",
    description="Evaluations of conversations, one row an evaluation: form, people, state, dates and total scores.",
    read=EVALUATIONS,
    loading=Upsert(),
    partition_by="created_date",
    columns=(
        string("evaluation_id", "Identifier of the evaluation.", "id", key=True),
        string("conversation_id", "Conversation that was evaluated.", "conversation.id", key=True),
        string(
            "evaluation_status",
            "How far the evaluation has got, in the mixed case of analytics.",
            "status",
            values=("Finished", "InProgress", "InReview", "Pending", "Retracted"),
            spellings={
                "FINISHED": "Finished",
                "INPROGRESS": "InProgress",
                "INREVIEW": "InReview",
                "PENDING": "Pending",
                "RETRACTED": "Retracted",
            },
        ),
        boolean("assignee_applicable", "Whether the evaluation has, or may get, somebody to whom it is assigned."),
        string("assignee_id", "User who has to deal with the evaluation next.", "assignee.id", personal="pseudonym"),
        string("calibration_id", "Calibration of evaluators that the evaluation is part of.", "calibration.id"),
        string("context_id", "Form across all its versions.", "evaluationForm.contextId"),
        boolean("deleted", "Whether the evaluation was deleted.", f"{_IN_ANALYTICS}.deleted"),
        string("evaluator_id", "User who evaluates or evaluated.", "evaluator.id", personal="pseudonym"),
        timestamp(
            "event_time",
            "Latest of the dates of the evaluation and its conversation: when something last happened to it.",
            greatest=(
                "created_date",
                "changed_date",
                "assigned_date",
                "submitted_date",
                "release_date",
                "revision_created_date",
                "conversation_date",
                "date_assignee_changed",
            ),
        ),
        timestamp("release_date", "When the evaluation was made visible to the agent."),
        timestamp("assigned_date", "When the evaluation was given to the evaluator."),
        timestamp("created_date", "When the first version of the evaluation was created."),
        timestamp("changed_date", "When the evaluation was last changed in any way."),
        timestamp("submitted_date", "When the evaluation was last submitted."),
        timestamp("revision_created_date", "When the present revision was created; empty if there is none."),
        timestamp("conversation_date", "When the evaluated conversation began."),
        timestamp(
            "conversation_end_date",
            "When the conversation ended; empty if it was still going on as the evaluation was created.",
        ),
        string("form_id", "Published version of the form that was used.", "evaluationForm.id"),
        string("form_name", "Name of the form that was used.", "evaluationForm.name"),
        string("queue_id", "Queue of the part of the conversation that was evaluated.", "queue.id"),
        boolean("released", "Whether the agent can see the evaluation.", f"{_IN_ANALYTICS}.released"),
        boolean("rescored", "Whether it was scored anew at least once.", f"{_IN_ANALYTICS}.rescored"),
        boolean(
            "system_submitted",
            "Whether automated scoring submitted the evaluation.",
            f"{_IN_ANALYTICS}.systemSubmitted",
        ),
        string("user_id", "Agent whose work was evaluated.", "agent.id", personal="pseudonym"),
        double(
            "o_total_critical_score",
            "Score of the critical questions as analytics keeps it.",
            f"{_IN_ANALYTICS}.oTotalCriticalScore",
            unit="percent",
            personal="employment",
        ),
        double(
            "o_total_score",
            "Total score as analytics keeps it.",
            f"{_IN_ANALYTICS}.oTotalScore",
            unit="percent",
            personal="employment",
        ),
        timestamp("date_assignee_changed", "When the assignee last changed."),
        boolean("agent_has_read", "Whether the agent has opened the released evaluation.", personal="employment"),
        boolean("never_release", "Whether the evaluation is kept from the agent for good."),
        boolean("rescore", "Whether the evaluation is being, or was, scored anew."),
        int64("dispute_count", "How often the agent disputed the evaluation.", unit="count", personal="employment"),
        int64("version", "Number of this version of the evaluation."),
        boolean("declined_review", "Whether a review that the agent asked for was declined."),
        string("evaluation_context_id", "Identifier of the evaluation across its versions."),
        boolean(
            "redacted",
            "Whether the OAuth client may not see the content; scores are then absent, which does not mean zero.",
        ),
        string("resource_id", "E-mail that was evaluated, where a single e-mail was."),
        string("resource_type", "Kind of the single item that was evaluated.", values=("EMAIL",)),
        double("total_score", "Score of all questions.", "answers.totalScore", unit="percent", personal="employment"),
        double(
            "total_critical_score",
            "Score of the critical questions.",
            "answers.totalCriticalScore",
            unit="percent",
            personal="employment",
        ),
        double(
            "total_non_critical_score",
            "Score of the questions that are not critical.",
            "answers.totalNonCriticalScore",
            unit="percent",
            personal="employment",
        ),
        boolean(
            "any_failed_kill_questions",
            "Whether a fatal question was failed, which brings the total score to zero.",
            "answers.anyFailedKillQuestions",
            personal="employment",
        ),
        string("comments", "What the evaluator wrote about the whole.", "answers.comments", personal="content"),
        string("agent_comments", "What the agent replied.", "answers.agentComments", personal="content"),
        string(
            "evaluation_source_type",
            "What brought the evaluation about.",
            "evaluationSource.type",
            values=("Policy", "User", "Unknown", "Program"),
        ),
        string("retracted_evaluation_id", "Version that this one replaced.", "retractedEvaluation.id"),
    ),
    confidence="medium",
    note="The evaluation itself makes up the row; deleted, released, rescored, system_submitted and the scores that "
    "analytics keeps come from the conversation details. It is found on the days on which it was created, submitted "
    f"and released, and while it is not finished by every load that reaches the present, for {OPEN_EVALUATION_DAYS} "
    f"days; an edit of a finished one that no date tells of is not found. Deletion is looked for on the conversations "
    f"of the last {DELETED_DAYS} days; the row of a deleted evaluation stays. The row belongs to the day on which the "
    "evaluation was created, for event_time moves with every change.",
)

EVALUATION_QUESTION_GROUP_SCORE = Table(
    name="evaluation_question_group_score",
    description="Scores of an evaluation by question group, one row a group; none while the evaluation is pending.",
    read=EVALUATIONS,
    rows=_GROUP_SCORES,
    loading=Tree(root="evaluation_id"),
    partition_by="$.createdDate",
    columns=(
        *_evaluation_keys(),
        string("question_group_id", "Question group of the form version that was used.", key=True),
        *_group_scores(),
        boolean("marked_na", "Whether the group does not apply and has to be left out of averages.", "markedNA"),
        boolean(
            "system_marked_na",
            "Whether a visibility condition, not a person, made the group not applicable.",
            "systemMarkedNA",
        ),
    ),
    note="Weighted and unweighted points are different scales and do not mix.",
)

EVALUATION_QUESTION_SCORE = Table(
    name="evaluation_question_score",
    description="Answers and scores of an evaluation, one row a question; none while the evaluation is pending.",
    read=EVALUATIONS,
    rows=f"{_GROUP_SCORES}.questionScores[]",
    loading=Tree(root="evaluation_id"),
    partition_by="$.createdDate",
    columns=(
        *_evaluation_keys(),
        string(
            "question_group_id", "Group that the question stands in.", f"$.{_GROUP_SCORES}.questionGroupId", key=True
        ),
        string("question_id", "Question of the form version that was used.", key=True),
        string("answer_id", "Answer option that was chosen.", personal="employment"),
        double("score", "Points of the answer before any weighting.", unit="points", personal="employment"),
        boolean("marked_na", "Whether the question was answered as not applicable.", "markedNA"),
        boolean(
            "system_marked_na",
            "Whether a visibility condition, not a person, made the question not applicable.",
            "systemMarkedNA",
        ),
        string("assisted_answer_id", "Answer option that topics found in the conversation suggested."),
        boolean(
            "failed_kill_question",
            "Whether a fatal question got less than its best answer.",
            personal="employment",
        ),
        string("comments", "What the evaluator wrote about the question.", personal="content"),
        string("ai_answer_id", "Answer option that AI scoring suggested.", "aiAnswer.answerId"),
        string(
            "ai_answer_explanation",
            "Why AI scoring suggested the answer, in words.",
            "aiAnswer.explanation",
            personal="content",
        ),
        string(
            "ai_answer_failure_type",
            "Why AI scoring could not suggest an answer.",
            "aiAnswer.failureType",
            values=("LowConfidenceError", "ParsingError", "ServiceError", "LowHistoricalAccuracyError"),
        ),
        json(
            "multiple_select_question_option_scores",
            "For a multiple-select question, the score of each option, in the fields of a question score; the only "
            "place where its answers are.",
            personal="content",
            shape=(_QUESTION_SCORE,),
        ),
    ),
    note="Inside multiple_select_question_option_scores, questionId names the option, which is a row of "
    "evaluation_question with its parent_question_id; this is how we read it, as Genesys does not say.",
)

EVALUATION_TRANSCRIPT_TOPIC = Table(
    name="evaluation_transcript_topic",
    description="Topics that speech and text analytics found in the conversation, as shown to the evaluator, one row "
    "an occurrence.",
    read=EVALUATIONS,
    rows="answers.transcriptTopics[]",
    loading=Tree(root="evaluation_id"),
    partition_by="$.createdDate",
    columns=(
        *_evaluation_keys(),
        int64("ordinal", "Position of the occurrence in the evaluation's list, from 0.", "@index", key=True),
        string("topic_id", "Topic that was found.", "id"),
        string("name", "Name of the topic."),
        string("topic_phrase", "Phrase of the topic that matched."),
        string("transcript_phrase", "What was said or written there.", personal="content"),
        int64("confidence", "How sure the match is; the higher, the surer."),
        int64("start_time_milliseconds", "When the phrase begins.", unit="ms"),
        int64("recording_location", "Where in the recording the phrase lies.", unit="ms"),
        int64("duration_total_milliseconds", "How long the phrase lasts.", "duration.totalMilliseconds", unit="ms"),
        int64("offset_word_count", "Words before the phrase.", "offset.wordCount", unit="count"),
        int64("offset_character_count", "Characters before the phrase.", "offset.characterCount", unit="count"),
    ),
    confidence="medium",
    note="A topic may occur many times, and start_time_milliseconds may be empty, so the position in the list "
    "completes the key. Whether start_time_milliseconds counts from the conversation or from 1970 is not documented.",
)

CONVERSATION_SURVEY = Table(
    name="conversation_survey",
    description="Surveys that customers were sent about a conversation, one row a survey, answered or not; a "
    "conversation may have one for each agent.",
    read=SURVEYS,
    loading=Upsert(),
    partition_by="conversation_start",
    columns=(
        string("conversation_id", "Conversation that the survey is about.", "conversation.id", key=True),
        string("survey_id", "Identifier of the survey.", "id", key=True),
        timestamp("conversation_start", "When the conversation began.", "analytics.conversationStart"),
        timestamp("event_time", "When the state of the survey last changed.", f"{_IN_SURVEY_ANALYTICS}.eventTime"),
        string(
            "queue_id",
            "Queue of the part of the conversation that the survey is about.",
            f"{_IN_SURVEY_ANALYTICS}.queueId",
        ),
        timestamp(
            "survey_completed_date",
            "When the customer completed the survey, as analytics keeps it.",
            f"{_IN_SURVEY_ANALYTICS}.surveyCompletedDate",
        ),
        string(
            "survey_form_context_id",
            "Survey form across all its versions.",
            f"{_IN_SURVEY_ANALYTICS}.surveyFormContextId",
        ),
        string("survey_form_id", "Version of the survey form that was sent.", f"{_IN_SURVEY_ANALYTICS}.surveyFormId"),
        string("survey_form_name", "Name of the survey form.", f"{_IN_SURVEY_ANALYTICS}.surveyFormName"),
        boolean(
            "survey_partial_response",
            "Whether the survey was completed without answering every required question.",
            f"{_IN_SURVEY_ANALYTICS}.surveyPartialResponse",
        ),
        int64(
            "survey_promoter_score",
            "Answer to the question of recommending, from 0 to 10, as analytics keeps it.",
            f"{_IN_SURVEY_ANALYTICS}.surveyPromoterScore",
            unit="points",
            personal="content",
        ),
        string(
            "survey_status",
            "State of the survey as analytics spells it; Expired and OptOut ones are never answered.",
            f"{_IN_SURVEY_ANALYTICS}.surveyStatus",
        ),
        string(
            "survey_type",
            "How the survey reached the customer.",
            f"{_IN_SURVEY_ANALYTICS}.surveyType",
            values=("Web", "Voice"),
        ),
        string(
            "user_id",
            "Agent whom the survey is about, as analytics keeps it.",
            f"{_IN_SURVEY_ANALYTICS}.userId",
            personal="pseudonym",
        ),
        double(
            "o_survey_total_score",
            "Total score of the answers, as analytics keeps it.",
            f"{_IN_SURVEY_ANALYTICS}.oSurveyTotalScore",
            unit="percent",
        ),
        string(
            "status",
            "State of the survey as quality management spells it.",
            "status",
            values=("Pending", "Sent", "InProgress", "Finished", "OptOut", "Error", "Expired"),
        ),
        timestamp("completed_date", "When the customer completed the survey.", "completedDate"),
        string("agent_id", "Agent whom the survey is about.", "agent.id", personal="pseudonym"),
        string("agent_team_id", "Team of the agent.", "agentTeam.id"),
        string("flow_id", "Flow that asked the questions.", "flow.id"),
        boolean(
            "missing_required_answer",
            "Whether a required question was left out; empty until the survey is finished.",
            "missingRequiredAnswer",
        ),
        double("total_score", "Total score of the answers.", "answers.totalScore", unit="percent"),
        int64(
            "nps_score",
            "Answer to the question of recommending, from 0 to 10.",
            "answers.npsScore",
            unit="points",
            personal="content",
        ),
        string(
            "survey_error_reason",
            "Why the survey failed.",
            "surveyErrorDetails.surveyErrorReason",
        ),
    ),
    confidence="medium",
    note="Two sources make up the row: the conversation details find the surveys, the survey itself brings the rest. "
    "Answers arrive hours or days later, and no feed tells of them: surveys that are Pending, Sent or InProgress are "
    f"looked at again by every load that reaches the present, for {OPEN_SURVEY_DAYS} days. The row belongs to the day "
    "of its conversation, for event_time moves.",
)

CONVERSATION_SURVEY_ANSWER_QUESTION_GROUP = Table(
    name="conversation_survey_answer_question_group",
    description="Answers of a customer survey by question group, one row a group.",
    read=SURVEYS,
    rows=_GROUP_SCORES,
    loading=Tree(root="survey_id"),
    partition_by="conversation_start",
    columns=(
        string("conversation_id", "Conversation that the survey is about.", "$.conversation.id", key=True),
        string("survey_id", "Survey that was answered.", "$.id", key=True),
        string("question_group_id", "Question group of the survey form.", key=True),
        timestamp("conversation_start", "When the conversation began.", "$.analytics.conversationStart"),
        double("total_score", "Points reached in the group.", unit="points"),
        double("max_total_score", "Points that could be reached in the group.", unit="points"),
        boolean("marked_na", "Whether the group was left without an answer as not applicable.", "markedNA"),
        boolean(
            "system_marked_na",
            "Whether a visibility condition, not a person, made the group not applicable.",
            "systemMarkedNA",
        ),
        json(
            "question_scores",
            "The single answers: question, chosen answer, points, recommendation score and free text.",
            personal="content",
            shape=(
                {
                    "questionId": "string",
                    "answerId": "string",
                    "score": "double",
                    "markedNA": "boolean",
                    "systemMarkedNA": "boolean",
                    "assistedAnswerId": "string",
                    "npsScore": "int64",
                    "npsTextAnswer": "string",
                    "freeTextAnswer": "string",
                },
            ),
        ),
    ),
    confidence="medium",
    note="No table holds the single answers, so they stay here as JSON. The survey does not tell when its conversation "
    "began, which decides the partition: the conversation details do, as for conversation_survey.",
)

TABLES = (
    ANSWER_OPTION,
    EVALUATION_FORM,
    EVALUATION_QUESTION,
    EVALUATION_QUESTION_GROUP,
    ANALYTICS_EVALUATION,
    CONVERSATION_SURVEY,
    CONVERSATION_SURVEY_ANSWER_QUESTION_GROUP,
    EVALUATION_QUESTION_GROUP_SCORE,
    EVALUATION_QUESTION_SCORE,
    EVALUATION_TRANSCRIPT_TOPIC,
)

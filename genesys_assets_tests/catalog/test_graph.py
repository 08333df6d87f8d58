"""The relationship graph is read as it stands, and what cannot be read is named by its line."""

from __future__ import annotations

from collections import Counter

import pytest

from genesys_assets.catalog.graph import GraphError, Relationship, read_graph, snake_case

SMALL = """\
flowchart LR
    %% two tables and what ties them
    user:::metadata
    team:::metadata

    user -->|TeamId| team
    user -.->|ManagerId| user
    classDef metadata fill:#fff
"""


def test_the_graph_holds_105_tables_in_six_categories():
    categories = read_graph().categories
    assert len(categories) == 105
    assert Counter(categories.values()) == {
        "metadata": 37,
        "historical": 27,
        "realtime": 13,
        "recording": 13,
        "aggregated": 8,
        "knowledge": 7,
    }


def test_of_179_relationships_171_order_assets():
    relationships = read_graph().relationships
    assert len(relationships) == 179
    assert sum(relationship.orders for relationship in relationships) == 171


def test_only_self_references_and_one_edge_between_user_and_location_order_nothing():
    dotted = [r for r in read_graph().relationships if not r.orders]
    others = [r for r in dotted if r.child != r.parent]
    assert len(dotted) - len(others) == 7
    assert [{r.child, r.parent} for r in others] == [{"user", "location_definition"}]
    assert not [r for r in read_graph().relationships if r.child == r.parent and r.orders]


def test_every_table_that_a_relationship_names_has_a_category():
    graph = read_graph()
    named = {name for r in graph.relationships for name in (r.child, r.parent)}
    assert named <= graph.categories.keys()


def test_names_of_the_relationships_of_a_table_are_unique():
    names = Counter((r.child, r.name) for r in read_graph().relationships)
    assert [name for name, count in names.items() if count > 1] == []


def test_a_line_becomes_a_relationship_and_dots_take_its_order_away():
    graph = read_graph(SMALL)
    assert graph.categories == {"user": "metadata", "team": "metadata"}
    assert graph.relationships == (
        Relationship("user", ("team_id",), "team", orders=True),
        Relationship("user", ("manager_id",), "user", orders=False),
    )


def test_the_informational_relationships_are_those_that_real_rows_often_lack():
    informational = {(r.child, r.columns) for r in read_graph().relationships if r.informational}
    assert informational == {
        ("organization", ("default_site_id",)),
        ("campaign", ("site_id",)),
        ("article_feedback", ("session_id",)),
        ("analytics_session", ("outbound_contact_id",)),
        ("organization_presence_definition", ("division_id",)),
        ("wrapup_code", ("division_id",)),
    }


def test_an_informational_relationship_still_orders_its_assets():
    graph = read_graph("%% informational: user TeamId\n" + SMALL)
    assert [(r.parent, r.orders, r.informational) for r in graph.relationships] == [
        ("team", True, True),
        ("user", False, False),
    ]


def test_an_informational_relationship_that_the_graph_lacks_is_told():
    with pytest.raises(GraphError, match="user has no relationship by queue_id"):
        read_graph("%% informational: user QueueId\n" + SMALL)


def test_several_columns_of_one_relationship_keep_their_order():
    graph = read_graph("a:::historical\nb:::historical\na -->|AuditId, Property| b")
    (relationship,) = graph.relationships
    assert relationship.columns == ("audit_id", "property")
    assert relationship.name == "audit_id__property__b"


def test_the_class_unknown_means_the_knowledge_base():
    assert read_graph("articles:::unknown").categories == {"articles": "knowledge"}


@pytest.mark.parametrize(
    ("camel", "snake"),
    [("WrapUpCode", "wrap_up_code"), ("UserId", "user_id"), ("Property", "property"), ("Id", "id")],
)
def test_column_names_turn_from_camel_case_into_snake_case(camel: str, snake: str):
    assert snake_case(camel) == snake


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user:::metadata\nteam:::metadat", r"line 2: table team has the unknown class metadat"),
        ("user:::metadata\n\nuser:::historical", r"line 3: table user stands twice"),
        (SMALL + "user -->|TeamId| team", r"line 9: .*user -->\|TeamId\| team.* stands twice"),
        ("user:::metadata\nuser --> team", r"line 2: cannot read 'user --> team'; expected "),
        ("user:::metadata\nuser -->|| team", r"line 2: cannot read"),
        ("user:::metadata extra", r"line 1: cannot read"),
        ("%% informational: user", r"line 1: cannot read ' user'; expected 'table ForeignKey'"),
    ],
)
def test_a_line_that_cannot_stand_is_named_by_its_number(text: str, message: str):
    with pytest.raises(GraphError, match=message):
        read_graph(text)

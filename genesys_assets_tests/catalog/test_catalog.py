"""Loading the catalog proves it: a fault in a declaration or in the graph is named by table and column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genesys_assets.catalog.catalog import Catalog, CatalogError, load_catalog
from genesys_assets.catalog.declare import Column, Loading, Read, Snapshot, Table, Tree, Upsert, string, timestamp
from genesys_assets.catalog.graph import read_graph

READ = Read(name="things", path="/api/v2/things")
ID = string("id", "Identifier.", key=True)


def table(name: str, *columns: Column, loading: Loading | None = None, partition_by: str | None = None) -> Table:
    return Table(
        name=name,
        description=f"All of {name}.",
        read=READ,
        loading=loading or Snapshot(),
        columns=columns or (ID,),
        partition_by=partition_by,
    )


def catalog(graph: str, *tables: Table) -> Catalog:
    return Catalog(tables, read_graph(graph))


def faults(graph: str, *tables: Table) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        catalog(graph, *tables)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


# -- the catalog of the package ------------------------------------------------------------------------


def test_the_catalog_declares_every_table_of_the_graph_and_is_sound():
    loaded = load_catalog()
    assert len(loaded) == 105
    assert [each.name for each in loaded] == list(read_graph().categories)
    assert len(loaded.relationships) == 179
    assert sum(len(loaded.foreign_keys(each.name)) for each in loaded) == 179


def test_every_ordering_relationship_makes_its_parent_upstream():
    loaded = load_catalog()
    wanted = {(r.child, r.parent) for r in loaded.relationships if r.orders}
    assert {(each.name, parent) for each in loaded for parent in loaded.upstream(each.name)} == wanted
    assert sum(k.relationship.orders for each in loaded for k in loaded.foreign_keys(each.name)) == 171


def test_tables_of_one_read_share_the_very_same_declaration_of_it():
    for read, tables in load_catalog().reads().values():
        assert all(each.read is read for each in tables), f"two reads are called {read.name}"


def test_foreign_keys_of_the_package_find_the_columns_they_mean():
    loaded = load_catalog()
    found = {
        (k.child, k.columns, k.parent): k.parent_columns for each in loaded for k in loaded.foreign_keys(each.name)
    }
    assert found["analytics_participant", ("user_id",), "user"] == ("id",)
    assert found["analytics_conversation_segment", ("wrap_up_code",), "wrapup_code"] == ("id",)
    assert found["analytics_conversation_segment", ("session_id",), "analytics_session"] == ("session_id",)
    assert found["quality_audit_context", ("audit_id",), "quality_audit_log_message"] == ("id",)
    assert found["quality_audit_property_change_value", ("audit_id", "property"), "quality_audit_property_change"] == (
        "audit_id",
        "property",
    )


def test_the_eight_conversation_tables_come_out_of_one_read_and_are_replaced_by_conversation():
    _, tables = load_catalog().reads()["conversation_details"]
    assert {each.name for each in tables} == {
        "analytics_conversation",
        "analytics_participant",
        "analytics_participant_attribute",
        "analytics_session",
        "analytics_session_flow_outcome",
        "analytics_session_metric",
        "analytics_conversation_segment",
        "conversation_division",
    }
    assert {each.loading for each in tables} == {Tree(root="conversation_id")}
    without_shape = [f"{t.name}.{c.name}" for t in tables for c in t.columns if c.type == "json" and c.shape is None]
    assert without_shape == []


# -- the graph and the declarations contradict each other ------------------------------------------------


def test_a_sound_catalog_knows_its_tables_categories_and_upstream():
    sound = catalog(
        "team:::metadata\nuser:::metadata\nuser -->|TeamId| team\nuser -.->|ManagerId| user",
        table("user", ID, string("team_id", "Team."), string("manager_id", "Manager.")),
        table("team"),
    )
    assert [each.name for each in sound] == ["team", "user"]
    assert sound.category("user") == "metadata"
    assert sound.upstream("user") == ("team",)
    assert "team" in sound
    with pytest.raises(KeyError, match="no table 'teem' in the catalog"):
        sound["teem"]


def test_a_table_of_the_graph_without_a_declaration_is_named():
    assert faults("user:::metadata\nteam:::metadata", table("user")) == [
        "table team: stands in the graph but is not declared"
    ]


def test_a_declared_table_that_the_graph_does_not_know_is_named():
    assert faults("user:::metadata", table("user"), table("team")) == ["table team: declared but unknown to the graph"]


def test_a_relationship_to_an_unknown_table_is_named_with_both_ends():
    assert faults("user:::metadata\nuser -->|TeamId| team", table("user", ID, string("team_id", "Team."))) == [
        "relationship user -> team: the table team is not declared"
    ]


def test_a_table_declared_twice_is_named():
    assert faults("user:::metadata", table("user"), table("user")) == ["table user: declared twice"]


def test_a_foreign_key_without_its_column_is_named_with_table_and_column():
    assert faults("user:::metadata\nteam:::metadata\nuser -->|TeamId| team", table("user"), table("team")) == [
        "relationship user -> team: table user has no column team_id for the foreign key"
    ]


def test_a_cycle_of_dependencies_is_told_with_the_tables_on_it():
    (fault,) = faults(
        "user:::metadata\nteam:::metadata\nuser -->|TeamId| team\nteam -->|LeaderId| user",
        table("user", ID, string("team_id", "Team.")),
        table("team", ID, string("leader_id", "Leader.")),
    )
    told, advice = fault.removeprefix("relationships form a cycle: ").split("; ")
    assert told in ("user -> team -> user", "team -> user -> team")
    assert advice == "draw one of them dotted (-.->)"


def test_a_table_that_depends_on_itself_is_a_cycle_unless_drawn_dotted():
    user = table("user", ID, string("manager_id", "Manager."))
    assert faults("user:::metadata\nuser -->|ManagerId| user", user) == [
        "relationships form a cycle: user -> user; draw one of them dotted (-.->)"
    ]
    assert catalog("user:::metadata\nuser -.->|ManagerId| user", user).upstream("user") == ()


def test_all_faults_are_told_at_once():
    found = faults(
        "user:::metadata\nteam:::metadata\nuser -->|TeamId| team",
        table("user", string("id", "Identifier.")),
        table("group"),
    )
    assert len(found) == 4


# -- a declaration contradicts itself --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (
            table("user", string("id", "Identifier.", key=True, unfilled="never told")),
            "table user, column id: a key cannot be unfilled, as a key is never null",
        ),
        (
            table("user", ID, string("name", "Name."), string("name", "Name again.")),
            "table user, column name: two columns of one name",
        ),
        (
            table("user", ID, timestamp("db_when_deleted", "Deleted.")),
            "table user, column db_when_deleted: two columns of one name",
        ),
        (table("user", string("id", "Identifier.")), "table user: no column is a key"),
        (table("user", ID, string("name", " ")), "table user, column name: no description"),
        (
            table("user", ID, string("name", "Name.", "name", derived="somehow")),
            "table user, column name: has both a path and a derivation",
        ),
        (
            table("user", ID, string("name", "Name.", shape=("string",))),
            "table user, column name: only json columns have a shape",
        ),
        (
            table("user", ID, timestamp("seen", "Seen.", absent="never")),
            "table user, column seen: only text columns have a text for what is absent",
        ),
        (
            table("user", ID, loading=Upsert(keeps=("end_time",))),
            "table user, column end_time: named as one whose value is kept, but is not declared",
        ),
        (
            table("user", loading=Tree(root="conversation_id")),
            "table user, column conversation_id: named as the root of the tree, but is not declared",
        ),
        (
            table("user", loading=Snapshot(parent=("group_id",))),
            "table user, column group_id: named as the parent of the snapshot, but is not declared",
        ),
        (
            table("user", loading=Upsert(), partition_by="start_time"),
            "table user, column start_time: partitions the table, but is not declared",
        ),
        (
            table("user", ID, string("start_time", "Start."), loading=Upsert(), partition_by="start_time"),
            "table user, column start_time: partitions the table, but is a string",
        ),
    ],
    ids=lambda value: None if isinstance(value, Table) else value.split(": ")[1][:40],
)
def test_a_fault_of_a_declaration_is_named_with_its_column(faulty: Table, message: str):
    assert faults("user:::metadata", faulty) == [message]


def test_a_partition_may_lie_outside_of_the_tables_own_columns():
    sound = table("user", loading=Upsert(), partition_by="$.conversationStart")
    assert len(catalog("user:::metadata", sound)) == 1


# -- which columns of the parent a foreign key means -----------------------------------------------------


CHILD_AND_PARENT = "child:::metadata\nparent:::metadata\nchild -->|{columns}| parent"


def key(name: str) -> Column:
    return string(name, "Part of the key.", key=True)


def plain(name: str) -> Column:
    return string(name, "Not part of the key.")


@pytest.mark.parametrize(
    ("columns", "parent", "meant"),
    [
        ("SessionId", (key("session_id"), key("conversation_id")), ("session_id",)),
        ("AuditId, Property", (key("audit_id"), key("property")), ("audit_id", "property")),
        ("Code", (key("id"), plain("code")), ("code",)),
        ("QueueId", (key("id"), plain("name")), ("id",)),
        ("QueueId", (key("id"), key("version")), ("id",)),
        ("QueueId", (key("number"), plain("name")), ("number",)),
    ],
    ids=[
        "a part of the parent's key by its name",
        "several parts of it",
        "a column of that name beside the key",
        "the id of the parent",
        "the id of the parent though its key has more parts",
        "the only key column, whatever its name",
    ],
)
def test_a_foreign_key_means(columns: str, parent: tuple[Column, ...], meant: tuple[str, ...]):
    graph = read_graph(CHILD_AND_PARENT.format(columns=columns))
    own = tuple(plain(name) for name in graph.relationships[0].columns)
    found = Catalog((table("child", ID, *own), table("parent", *parent)), graph)
    (foreign_key,) = found.foreign_keys("child")
    assert foreign_key.parent_columns == meant


def test_a_text_for_what_is_absent_points_nowhere_unless_the_parent_has_it_too():
    keyed = string("queue_id", "Queue.", key=True, absent="")
    sound = catalog(
        "queue:::metadata\nparent:::aggregated\nchild:::aggregated\nchild -->|QueueId| queue\n"
        "child -->|QueueId, Media| parent",
        table("queue"),
        table("parent", keyed, string("media", "Media.", key=True, absent="")),
        table("child", keyed, string("media", "Media.", key=True, absent="")),
    )
    assert {key.parent: key.nowhere for key in sound.foreign_keys("child")} == {"queue": ("",), "parent": ()}


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (Read("sums", "", method="COMPUTE", made_from=("usr",)), "read sums: made from usr, which is not declared"),
        (Read("sums", "/api/v2/sums", method="COMPUTE", made_from=("user",)), "read sums: what makes no request has"),
        (Read("sums", "", method="COMPUTE"), "read sums: what makes no request has no path and is made from tables"),
    ],
)
def test_a_read_without_a_request_says_from_which_tables_it_is_made(read: Read, message: str):
    made = replace(table("user"), read=read)
    assert [fault for fault in faults("user:::metadata", made) if fault.startswith(message)]
    assert Read("sums", "", method="COMPUTE", made_from=("a", "b")).source == "computed from a, b"
    assert Read("users", "/api/v2/users").source == "GET /api/v2/users"


def test_a_self_reference_means_the_key_and_not_its_own_column():
    found = catalog("user:::metadata\nuser -.->|ManagerId| user", table("user", ID, string("manager_id", "Manager.")))
    (foreign_key,) = found.foreign_keys("user")
    assert foreign_key.parent_columns == ("id",)


@pytest.mark.parametrize(
    ("columns", "parent", "key_text"),
    [
        ("AuditId, Property", (key("id"),), "id"),
        ("QueueId", (key("number"), key("version")), "number, version"),
    ],
)
def test_a_foreign_key_that_means_nothing_is_told_with_the_parents_key(
    columns: str, parent: tuple[Column, ...], key_text: str
):
    graph = read_graph(CHILD_AND_PARENT.format(columns=columns))
    wanted = graph.relationships[0].columns
    child = table("child", ID, *(plain(name) for name in wanted))
    with pytest.raises(CatalogError) as caught:
        Catalog((child, table("parent", *parent)), graph)
    expected = f"table parent has no column that {', '.join(wanted)} could point at (its key: {key_text})"
    assert f"relationship child -> parent: {expected}" in str(caught.value)

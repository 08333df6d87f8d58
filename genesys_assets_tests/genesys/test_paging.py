from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from genesys_assets.genesys import ApiError, GenesysClient, Page, PagingError, Request, pages
from genesys_assets_tests.genesys.conftest import Asked, Reply, Server

LIST = "/api/v2/things"
QUERY = "/api/v2/things/query"


def ids(read: list[Page]) -> list[str]:
    return [json.loads(raw)["id"] for page in read for raw in page.raw_items()]


def things(*names: object) -> list[dict[str, str]]:
    return [{"id": str(name)} for name in names]


def page(body: Any, items: str = "entities") -> Page:
    return Page(body if isinstance(body, bytes) else json.dumps(body).encode(), items, 1, LIST)


def listing(paging: Any, **more: Any) -> Request:
    return Request("GET", LIST, "entities", paging, **more)


# One page


def test_items_keep_their_raw_json() -> None:
    body = b'{ "total":2, "entities" : [ {"a": 1.50, "b":"\\u00e9 ]}"} ,\n {"c":[{}]}, null ], "nextUri" : null}'
    read = page(body)
    assert read.raw_items() == [b'{"a": 1.50, "b":"\\u00e9 ]}"}', b'{"c":[{}]}', b"null"]
    assert read.count == 3
    assert read.envelope == {"total": 2, "nextUri": None}


def test_the_envelope_has_the_plain_values_only() -> None:
    read = page({"conversations": [{"x": 1}], "cursor": "abc", "dataAvailabilityDate": "2026-01-01T00:00:00Z",
                 "share": 0.5, "partial": True, "aggregations": [1], "object": {"y": 2}}, "conversations")  # fmt: skip
    assert read.envelope == {
        "cursor": "abc",
        "dataAvailabilityDate": "2026-01-01T00:00:00Z",
        "share": 0.5,
        "partial": True,
    }


def test_items_can_lie_deeper_and_the_values_on_the_way_belong_to_the_envelope() -> None:
    read = page(
        {"took": 5, "result": {"pageCount": 3, "agentSchedules": [{"id": 1}, {"id": 2}]}}, "result.agentSchedules"
    )
    assert read.raw_items() == [b'{"id": 1}', b'{"id": 2}']
    assert read.envelope == {"took": 5, "pageCount": 3}


def test_without_a_path_an_object_is_one_item_and_an_array_many() -> None:
    assert page(b' {"id": "org"}\n', "").raw_items() == [b'{"id": "org"}']
    assert page({"id": "org", "n": 1}, "").envelope == {"id": "org", "n": 1}
    assert page(b"[1, {}]", "").raw_items() == [b"1", b"{}"]
    assert page(b"[]", "").raw_items() == []


@pytest.mark.parametrize("body", [{}, {"entities": None}, {"entities": []}])
def test_items_that_are_left_out_are_no_items(body: dict[str, Any]) -> None:
    assert page(body).raw_items() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"<html>", b"[1]", b'"text"', b"null", b'{"entities": [{"id": 1}', b'{"entities": {"a": 1}}',
     b'{"entities": "x"}', b'{"entities": []} {}', b'{"a\xff": 1}'],
)  # fmt: skip
def test_an_answer_of_another_shape_is_an_error_that_names_the_page(body: bytes) -> None:
    with pytest.raises(PagingError, match=f"{LIST}, page 1: ") as caught:
        page(body).raw_items()
    assert caught.value.transient


def test_a_cut_or_garbled_answer_is_an_error_of_the_listing(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply(body=b'{"entities": [{"id": "1"}'))
    with pytest.raises(PagingError, match="page 1"):
        list(pages(client, listing("page_number")))


# Unpaged


def test_an_unpaged_answer_is_one_page(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"id": "org", "nextUri": "/a field of the item itself"}))
    read = list(pages(client, Request("GET", LIST, "", "none", params={"expand": "a,b"})))
    assert ids(read) == ["org"]
    assert (read[0].number, read[0].path) == (1, LIST)
    assert server.asked[-1].query == {"expand": "a,b"}


@pytest.mark.parametrize(
    "more", [{"nextUri": "/api/v2/things?pageNumber=2"}, {"cursor": "c"}, {"pageCount": 2}, {"total": 2}]
)
def test_an_answer_declared_as_unpaged_that_goes_on_is_an_error(
    server: Server, client: GenesysClient, more: dict[str, Any]
) -> None:
    server.on("GET", LIST, Reply({"entities": things(1), **more}))
    with pytest.raises(PagingError, match=f"goes on .*{next(iter(more))}"):
        list(pages(client, listing("none")))


def test_a_style_that_reads_no_pages_is_a_mistake_of_the_caller(client: GenesysClient) -> None:
    with pytest.raises(ValueError, match="async_job"):
        pages(client, listing("async_job"))


# By number


def numbered(contents: list[list[Any]], **envelope: Any) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        number = int(asked.query["pageNumber"])
        content = contents[number - 1] if number <= len(contents) else []
        return Reply({"entities": things(*content), "pageNumber": number, **envelope})

    return answer


def test_numbered_pages_are_read_up_to_the_page_count_through_short_and_empty_ones(
    server: Server, client: GenesysClient
) -> None:
    server.on("GET", LIST, numbered([["a", "b"], ["c"], [], ["d", "e"]], pageCount=4))
    read = list(pages(client, listing("page_number", page_size=2, params={"state": "any"})))
    assert ids(read) == ["a", "b", "c", "d", "e"]
    assert [p.number for p in read] == [1, 2, 3, 4]
    asked = [request.query for request in server.requests("GET", LIST)]
    assert asked == [{"state": "any", "pageSize": "2", "pageNumber": str(n)} for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("count", [0, 1])
def test_an_empty_listing_is_one_empty_page(server: Server, client: GenesysClient, count: int) -> None:
    server.on("GET", LIST, numbered([], pageCount=count))
    assert [p.count for p in pages(client, listing("page_number"))] == [0]


def test_a_page_count_that_grows_while_reading_is_followed(server: Server, client: GenesysClient) -> None:
    server.on(
        "GET", LIST, *(Reply({"entities": things(n), "pageCount": count}) for n, count in ((1, 2), (2, 3), (3, 3)))
    )
    assert ids(list(pages(client, listing("page_number")))) == ["1", "2", "3"]


def test_a_page_count_of_zero_beside_items_is_not_believed(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, numbered([["a"], ["b"]], pageCount=0))
    assert ids(list(pages(client, listing("page_number")))) == ["a", "b"]


def test_without_a_page_count_the_next_address_is_followed_to_its_end(server: Server, client: GenesysClient) -> None:
    first = Reply({"entities": things("a", "b"), "nextUri": f"{LIST}?pageNumber=2&special=%2F"})
    second = Reply({"entities": [], "nextUri": f"https://api.mypurecloud.com{LIST}?pageNumber=3"})
    server.on("GET", LIST, first, second, Reply({"entities": things("c")}))
    assert ids(list(pages(client, listing("page_number", page_size=2)))) == ["a", "b", "c"]
    asked = [request.query for request in server.requests("GET", LIST)]
    assert asked == [
        {"pageNumber": "1", "pageSize": "2"},
        {"pageNumber": "2", "special": "/"},
        {"pageNumber": "3"},
    ]


def test_with_neither_only_an_empty_page_is_the_end(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, numbered([["a", "b"], ["c"], ["d", "e"]]))
    read = list(pages(client, listing("page_number", page_size=2)))
    assert ids(read) == ["a", "b", "c", "d", "e"]
    assert read[-1].count == 0


def test_a_server_that_ignores_the_number_is_noticed(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": things("a", "b")}))
    with pytest.raises(PagingError, match=r"circles.*paged by number at all") as caught:
        list(pages(client, listing("page_number")))
    assert not caught.value.transient
    assert len(server.calls) == 2


def test_a_page_that_calls_itself_another_is_noticed(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": things("a"), "pageNumber": 1, "pageCount": 3}))
    with pytest.raises(PagingError, match="asked for page 2, but the answer calls itself page 1"):
        list(pages(client, listing("page_number")))


def test_the_ceiling_of_offset_paging_is_an_error_that_says_what_to_do(server: Server, client: GenesysClient) -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.query["pageNumber"])
        if number * int(asked.query["pageSize"]) > 10_000:
            return Reply({"message": "pageNumber * pageSize must not exceed 10000", "code": "bad.request"}, 400)
        return Reply({"entities": things(number), "pageCount": 25})

    server.on("GET", LIST, answer)
    read = pages(client, listing("page_number", page_size=500))
    with pytest.raises(PagingError, match=r"page 21 was refused .*10,000.*by cursor, or split it"):
        list(read)


def test_another_400_stays_what_it_is(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": things(1), "pageCount": 3}), Reply({"message": "no"}, 400))
    with pytest.raises(ApiError, match="400: no"):
        list(pages(client, listing("page_number", page_size=500)))


# By number, in the body


def test_a_query_is_paged_in_its_body_until_the_hits_are_covered(server: Server, client: GenesysClient) -> None:
    contents = [["a", "b"], ["c"], ["d", "e"]]

    def answer(asked: Asked) -> Reply:
        return Reply({"conversations": things(*contents[asked.json["paging"]["pageNumber"] - 1]), "totalHits": 5})

    server.on("POST", QUERY, answer)
    body = {"interval": "a/b", "paging": {"pageSize": 25, "pageNumber": 1, "other": 1}}
    read = list(pages(client, Request("POST", QUERY, "conversations", "page_number", 2, body=body)))
    assert ids(read) == ["a", "b", "c", "d", "e"]
    asked = [request.json for request in server.requests("POST", QUERY)]
    assert asked == [{"interval": "a/b", "paging": {"pageSize": 2, "pageNumber": n, "other": 1}} for n in (1, 2, 3)]
    assert body["paging"] == {"pageSize": 25, "pageNumber": 1, "other": 1}, "the declaration itself stays as it was"


def test_a_server_that_sends_smaller_pages_than_asked_loses_nothing(server: Server, client: GenesysClient) -> None:
    def answer(asked: Asked) -> Reply:
        number = asked.json["paging"]["pageNumber"]
        return Reply({"conversations": things(*range(2 * number - 2, min(2 * number, 7))), "totalHits": 7})

    server.on("POST", QUERY, answer)
    read = pages(client, Request("POST", QUERY, "conversations", "page_number", 500, body={}))
    assert ids(list(read)) == [str(n) for n in range(7)]


@pytest.mark.parametrize("empty", [{}, {"conversations": []}, {"totalHits": 0}, {"conversations": None}])
def test_a_query_without_hits_is_one_empty_page(server: Server, client: GenesysClient, empty: dict[str, Any]) -> None:
    server.on("POST", QUERY, Reply(empty))
    read = pages(client, Request("POST", QUERY, "conversations", "page_number", 100, body={}))
    assert [p.count for p in read] == [0]
    assert server.asked[-1].json == {"paging": {"pageNumber": 1, "pageSize": 100}}


def test_an_empty_page_in_the_middle_of_a_query_is_not_its_end(server: Server, client: GenesysClient) -> None:
    contents = [["a", "b"], [], ["c", "d"]]

    def answer(asked: Asked) -> Reply:
        number = asked.json["paging"]["pageNumber"]
        return Reply({"entities": things(*(contents[number - 1] if number < 4 else ())), "totalHits": 6})

    server.on("POST", QUERY, answer)
    read = pages(client, Request("POST", QUERY, "entities", "page_number", 2, body={}))
    assert ids(list(read)) == ["a", "b", "c", "d"]


def test_hits_that_nobody_counts_are_read_up_to_an_empty_page(server: Server, client: GenesysClient) -> None:
    contents = iter([things(1, 2), things(3), things(4, 5), []])
    server.on("POST", QUERY, lambda asked: Reply({"entities": next(contents)}))
    read = pages(client, Request("POST", QUERY, "entities", "page_number", 2, body={}))
    assert ids(list(read)) == ["1", "2", "3", "4", "5"]


def test_a_body_with_the_page_beside_the_other_fields_is_paged_there(server: Server, client: GenesysClient) -> None:
    server.on("POST", QUERY, lambda asked: Reply({"entities": things(asked.json["pageNumber"]), "pageCount": 2}))
    body = {"serviceName": "Routing", "pageNumber": 1, "pageSize": 25}
    read = pages(client, Request("POST", QUERY, "entities", "page_number", 100, body=body))
    assert ids(list(read)) == ["1", "2"]
    assert server.asked[-1].json == {"serviceName": "Routing", "pageNumber": 2, "pageSize": 100}


def test_placeholders_of_a_body_are_filled_where_they_stand(server: Server, client: GenesysClient) -> None:
    server.on("POST", QUERY, lambda asked: Reply({"entities": things(asked.json["page"][0]["at"]), "pageCount": 2}))
    body = {"page": [{"at": "{page_number}", "of": "{page_size}"}], "text": "page {page_number} stays"}
    read = pages(client, Request("POST", QUERY, "entities", "page_number", 100, body=body))
    assert ids(list(read)) == ["1", "2"]
    assert server.asked[-1].json == {"page": [{"at": 2, "of": 100}], "text": "page {page_number} stays"}
    with pytest.raises(ValueError, match=r"wants \{page_size\}, but the listing has no page size"):
        list(pages(client, Request("POST", QUERY, "entities", "page_number", body=body)))


def query_with_the_counts_inside(server: Server, contents: list[list[str]], **counts: int) -> Request:
    def answer(asked: Asked) -> Reply:
        number = asked.json["pageNumber"]
        return Reply({"results": {"entities": things(*contents[number - 1]), "pageNumber": number, **counts}})

    server.on("POST", QUERY, answer)
    body = {"pageSize": "{page_size}", "pageNumber": "{page_number}"}
    return Request("POST", QUERY, "results.entities", "page_number", 2, body=body)


def test_the_end_of_a_query_stands_beside_the_items_wherever_they_lie(server: Server, client: GenesysClient) -> None:
    request = query_with_the_counts_inside(server, [["a", "b"], ["c"], ["d"]], pageCount=3, total=4)
    assert ids(list(pages(client, request))) == ["a", "b", "c", "d"]
    assert [asked.json for asked in server.requests("POST", QUERY)] == [
        {"pageSize": 2, "pageNumber": number} for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "contents", [[["a", "b"], ["c", "d"]], [["a", "b"], []]], ids=["too few pages", "an empty one"]
)
def test_a_query_whose_pages_end_before_its_total_is_an_error_and_not_the_end(
    server: Server, client: GenesysClient, contents: list[list[str]]
) -> None:
    request = query_with_the_counts_inside(server, contents, pageCount=2, total=7)
    with pytest.raises(PagingError, match=r"last of 2 pages is read, but they had \d items of 7") as caught:
        list(pages(client, request))
    assert caught.value.transient


# By cursor


def test_cursors_are_followed_until_there_is_none_through_short_and_empty_pages(
    server: Server, client: GenesysClient
) -> None:
    server.on(
        "GET",
        LIST,
        Reply({"entities": things("a", "b"), "cursor": "c/1"}),
        Reply({"entities": [], "cursor": "c 2"}),
        Reply({"entities": things("c"), "cursor": "c+3"}),
        Reply({"entities": things("d", "e"), "cursor": ""}),
    )
    read = list(pages(client, listing("cursor", page_size=2, params={"expand": "team"})))
    assert ids(read) == ["a", "b", "c", "d", "e"]
    asked = [request.query for request in server.requests("GET", LIST)]
    first = {"expand": "team", "pageSize": "2"}
    assert asked == [first, *({**first, "cursor": cursor} for cursor in ("c/1", "c 2", "c+3"))]


@pytest.mark.parametrize("name", ["after", "cursor"])
def test_the_cursor_inside_the_next_address_is_taken_out(server: Server, client: GenesysClient, name: str) -> None:
    following = Reply({"entities": things("a"), "nextUri": f"{LIST}?{name}=x%3D%3D&pageSize=2"})
    server.on("GET", LIST, following, Reply({"entities": things("b")}))
    read = list(pages(client, listing("cursor", page_size=2, params={"expand": "team"})))
    assert ids(read) == ["a", "b"]
    assert server.asked[-1].query == {"expand": "team", "pageSize": "2", name: "x=="}


def test_the_cursor_may_stand_among_cursors(server: Server, client: GenesysClient) -> None:
    following = Reply({"entities": things("a"), "cursors": {"after": "x", "before": None}})
    server.on("GET", LIST, following, Reply({"entities": things("b"), "cursors": {"before": "y"}}))
    assert ids(list(pages(client, listing("cursor", params={"limit": "200"})))) == ["a", "b"]
    assert server.asked[-1].query == {"limit": "200", "cursor": "x"}


def test_a_scan_whose_every_page_brings_a_new_cursor_ends_when_nothing_more_comes(
    server: Server, client: GenesysClient
) -> None:
    contents = itertools.chain([["a"], [], [], ["b"]], itertools.repeat([]))
    cursors = itertools.count()
    server.on(
        "GET",
        LIST,
        lambda asked: Reply({"entities": things(*next(contents)), "cursors": {"after": f"c{next(cursors)}"}}),
    )
    assert ids(list(pages(client, listing("cursor", params={"limit": "200"})))) == ["a", "b"]
    assert len(server.requests("GET", LIST)) == 4 + 3


def test_a_next_address_without_a_cursor_in_it_is_followed_as_it_is(server: Server, client: GenesysClient) -> None:
    following = Reply({"entities": things("a"), "nextUri": f"{LIST}?continue=7"})
    server.on("GET", LIST, following, Reply({"entities": things("b")}))
    assert ids(list(pages(client, listing("cursor", page_size=2)))) == ["a", "b"]
    assert server.asked[-1].query == {"continue": "7"}


def test_a_cursor_that_comes_back_is_an_error(server: Server, client: GenesysClient) -> None:
    cursors = itertools.cycle(["one", "two"])
    server.on("GET", LIST, lambda asked: Reply({"entities": things(1), "cursor": next(cursors)}))
    with pytest.raises(PagingError, match="circles: cursor 'one' was answered twice"):
        list(pages(client, listing("cursor")))
    assert len(server.calls) == 3


# By next address


def test_next_addresses_are_followed_until_there_is_none(server: Server, client: GenesysClient) -> None:
    second = "/api/v2/elsewhere"
    server.on("GET", LIST, Reply({"entities": things("a"), "nextUri": f"{second}?t=1"}))
    last = Reply({"entities": things("b"), "nextUri": None})
    server.on("GET", second, Reply({"entities": [], "nextUri": f"{second}?t=2"}), last)
    read = list(pages(client, listing("next_uri", page_size=2, params={"expand": "x"})))
    assert ids(read) == ["a", "b"]
    assert [p.path for p in read] == [LIST, second, second]
    assert [request.query for request in server.asked[1:]] == [{"expand": "x", "pageSize": "2"}, {"t": "1"}, {"t": "2"}]


def test_a_next_address_that_comes_back_is_an_error(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": things("a"), "nextUri": f"{LIST}?t=1"}))
    with pytest.raises(PagingError, match="circles: nextUri"):
        list(pages(client, listing("next_uri")))


@pytest.mark.parametrize("uri", ["things?page=2", 7, "javascript:x"])
def test_a_next_address_that_is_none_is_an_error(server: Server, client: GenesysClient, uri: object) -> None:
    server.on("GET", LIST, Reply({"entities": things("a"), "nextUri": uri}))
    with pytest.raises(PagingError, match="no address"):
        list(pages(client, listing("next_uri")))


def test_pages_are_fetched_only_as_they_are_taken(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, numbered([["a"], ["b"], ["c"]], pageCount=3))
    read = pages(client, listing("page_number"))
    assert server.calls == []
    next(read)
    assert len(server.calls) == 1


def test_half_a_character_at_the_end_of_a_cut_text_does_not_spoil_the_page() -> None:
    body = rb'{"entities":[{"id":"a","v":"cut \ud83d"},{"id":"b","v":"\ud83d\ude00 \\ud83d \ude00"}]}'
    one, two = Page(body, "entities", 1, "/x").raw_items()
    assert one == rb'{"id":"a","v":"cut \ufffd"}'
    assert two == rb'{"id":"b","v":"\ud83d\ude00 \\ud83d \ufffd"}'


# By download


def behind(server: Server, document: Any, path: str = "/files/1") -> str:
    """A pre-signed address of a document, which refuses a token as storage services do."""

    def answer(asked: Asked) -> Reply:
        return Reply({"message": "two signatures"}, 400) if "authorization" in asked.headers else Reply(document)

    server.on("GET", path, answer)
    return f"{server.url}{path}?signature=s3cret"


@pytest.mark.parametrize("empty", [{"entities": []}, {"entities": None}, {}])
def test_an_answer_that_gives_an_address_in_place_of_items_is_downloaded(
    server: Server, client: GenesysClient, empty: dict[str, Any]
) -> None:
    url = behind(server, {"entities": things("a", "b"), "version": 7})
    server.on("GET", LIST, Reply({**empty, "downloadUrl": url}))
    (read,) = pages(client, listing("none"))
    assert ids([read]) == ["a", "b"]
    assert (read.path, read.envelope) == (LIST, {"version": 7})


@pytest.mark.parametrize("whole", [True, False])
def test_the_document_may_be_the_answer_or_only_its_result(server: Server, client: GenesysClient, whole: bool) -> None:
    result = {"agentSchedules": things("a"), "took": 1}
    url = behind(server, {"result": result} if whole else result)
    server.on("POST", QUERY, Reply({"status": "Complete", "result": None, "downloadUrl": url}))
    (read,) = pages(client, Request("POST", QUERY, "result.agentSchedules", "none", body={}))
    assert ids([read]) == ["a"]
    assert read.envelope == {"took": 1}


def test_an_address_beside_items_is_left_alone(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": things("a"), "downloadUrl": f"{server.url}/files/none"}))
    assert ids(list(pages(client, listing("none")))) == ["a"]


def test_a_document_without_items_is_no_empty_listing(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": [], "downloadUrl": behind(server, {"message": "gone"})}))
    with pytest.raises(PagingError, match="the downloaded document has no entities") as caught:
        list(pages(client, listing("none")))
    assert "s3cret" not in str(caught.value)


def test_a_document_may_say_that_there_is_nothing(server: Server, client: GenesysClient) -> None:
    server.on("GET", LIST, Reply({"entities": [], "downloadUrl": behind(server, {"entities": []})}))
    assert [p.count for p in pages(client, listing("none"))] == [0]


def test_an_address_that_has_expired_is_an_error(server: Server, client: GenesysClient) -> None:
    server.on("GET", "/files/1", Reply({"message": "expired"}, 403))
    server.on("GET", LIST, Reply({"downloadUrl": f"{server.url}/files/1?signature=s3cret"}))
    with pytest.raises(ApiError, match="ask the API for a new one") as caught:
        list(pages(client, listing("none")))
    assert "s3cret" not in str(caught.value)

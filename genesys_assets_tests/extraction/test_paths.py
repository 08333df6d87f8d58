"""The path language: what each form means, and what is no path."""

from __future__ import annotations

import pytest

from genesys_assets.extraction.paths import PathError, Step, parse, text


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", ()),
        ("name", (Step("name"),)),
        ("division.id", (Step("division"), Step("id"))),
        ("participants[]", (Step("participants", many="array"),)),
        ("features{}", (Step("features", many="map"),)),
        ("a[].b.c[]", (Step("a", many="array"), Step("b"), Step("c", many="array"))),
        ("locations[0].id", (Step("locations", position=0), Step("id"))),
        ("codes[12]", (Step("codes", position=12),)),
        ("metrics[?metric==tAcw].stats.sum", (Step("metrics", match=("metric", "tAcw")), Step("stats"), Step("sum"))),
        ("a[?b=='c.d'].e", (Step("a", match=("b", "c.d")), Step("e"))),
        ("interval:start", (Step("interval", part="start"),)),
        ("a[].b.interval:end", (Step("a", many="array"), Step("b"), Step("interval", part="end"))),
        ("odd name.even-odder_1", (Step("odd name"), Step("even-odder_1"))),
    ],
)
def test_a_path_is_taken_apart_into_its_steps(path: str, steps: tuple[Step, ...]):
    assert parse(path) == steps


@pytest.mark.parametrize(
    "path", ["division.id", "a[].b{}", "locations[0].id", "metrics[?metric==tAcw].stats.sum", "a.interval:end"]
)
def test_steps_are_put_together_to_the_path_they_came_from(path: str):
    assert text(parse(path)) == path


@pytest.mark.parametrize(
    "path",
    [
        "a..b",
        ".a",
        "a.",
        "[0]",
        "a.[]",
        "a[",
        "a]",
        "a[x]",
        "a[-1]",
        "a[]b",
        "a{}b",
        "a[][]",
        "a{",
        "a[?x=y]",
        "a[?x==]",
        "a[]:start",
    ],
)
def test_what_cannot_be_read_is_named(path: str):
    with pytest.raises(PathError) as caught:
        parse(path)
    assert repr(path) in str(caught.value)

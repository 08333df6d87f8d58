"""Scenes of change, a module a subject; each module's ``SCENES`` are gathered here."""

from __future__ import annotations

import importlib
import pkgutil

from genesys_assets_tests.orchestration.changes import Scene

SCENES: tuple[Scene, ...] = tuple(
    scene
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__))
    for scene in importlib.import_module(f"{__name__}.{module}").SCENES
)

CANNOT: dict[tuple[str, str], str] = {
    ("organization", "inserted"): "there is always exactly one",
    ("organization", "retired"): "there is always exactly one",
    ("organization", "restored"): "there is always exactly one",
    ("user_group", "updated"): "a membership is nothing but its key",
    ("article_categories", "updated"): "a link is nothing but its key",
    ("article_labels", "updated"): "a link is nothing but its key",
    ("evaluation_question_group", "updated"): "a published version never changes",
    ("evaluation_question", "updated"): "a published version never changes",
    ("answer_option", "updated"): "a published version never changes",
    ("user_management_unit", "updated"): "a membership is nothing but its key",
    ("planning_group_routing_path", "updated"): "what makes it up is its key",
    ("planning_group_routing_path_skill", "updated"): "a row is nothing but its key",
}
"""What cannot happen to the rows of a table, and why."""

"""Queues, skills, wrap-up codes and flow outcomes: one entity, one row."""

from __future__ import annotations

from genesys_assets_tests.orchestration.changes import plain

SCENES = (
    plain("queue", "queues", rename={"name": "Nur für Gäste", "bullseye": {"rings": []}}),
    plain("routing_skill", "skills", rename={"state": "inactive", "version": "9"}),
    plain("wrapup_code", "wrapup_codes"),
    plain("flow_outcome", "flow_outcomes", rename={"name": "Reached", "currentOperation": None}),
)

"""Campaigns and contact lists, canned responses, and the people and companies outside."""

from __future__ import annotations

from genesys_assets_tests.orchestration.changes import plain

SCENES = (
    plain("campaign", "campaigns", rename={"campaignStatus": "forced_off", "queue": None, "ruleSets": []}),
    plain("contact_list", "contact_lists", rename={"size": 0, "columnNames": ["Straße"], "importStatus": None}),
    plain("response", "responses", rename={"version": 99, "texts": [{"content": "Grüezi", "type": "body"}]}),
    plain("external_contact", "external_contacts", rename={"lastName": "Ōe", "customFields": {"tier_text": "none"}}),
    plain("external_organization", "external_organizations", rename={"revenue": 10**12, "tags": ["vip"]}),
)

"""Participant attributes: what flows, scripts and integrations leave on a customer."""

from __future__ import annotations

from random import Random

_NAMES = (
    "ANI", "ANI ", "ANI string", "Customer.Segment", "customer.segment", "Customer Segment", "ivr.MenuPath",
    "ivr.Menu.Path ", "scriptId", "CRM_Account", "crm account", "Language", "language ", "Queue Name", "queue.priority",
    "Callback.Offered", "EWT", "LastIntent", "Last Utterance", "verified", "Verified ", "Consent.Recording",
    "consent recording", "Contract No.", "contract.status", "Postal Code", "Campaign", "Referrer", "legacy_ID",
    "Legacy ID", "trace.id", "Trace Id", "Notes", "Free text", "order.number", "Order status", "Branch", "branch ",
    "Next Step", "varResult", "tmp_1", "tmp_2", "Überweisung", "endereço", "survey.optIn", "Survey Opt In",
)  # fmt: skip
_WORDS = (
    "premium", "basic", "de-DE", "pt-PT", "true", "false", "main>billing>invoice>last", "account is in good standing",
    "customer asked for an agent twice in the menu", "https://crm.example.com/accounts/lookup?source=genesys&view=full",
    '{"intent":"billing_question","confidence":0.93,"slots":{"month":"last","channel":"paper"}}', "00049", "n/a",
    "Überweisung wurde am Vortag gebucht und bestätigt", "none of the above", "0", "1",
)  # fmt: skip
_TEMPLATES = 64
LIMIT = 1_024
"""Longer names and values are cut to so many characters."""


def templates(chance: Random) -> tuple[dict[str, str], ...]:
    """Sets of attributes to start from, as many as different flows would leave."""
    found: list[dict[str, str]] = []
    for index in range(_TEMPLATES):
        names = chance.sample(_NAMES, chance.randrange(26, 44))
        values: dict[str, str] = {}
        if index % 16 == 5:
            values["transcript"] = ("and then the customer said that " * 40)[:LIMIT]
        if index % 32 == 9:
            values[("a very long name " * 70)[:LIMIT]] = "cut"
        values.update((name, _value(chance)) for name in names)
        found.append(values)
    return tuple(found)


def _value(chance: Random) -> str:
    roll = chance.random()
    if roll < 0.06:
        return ""
    if roll < 0.4:
        return chance.choice(_WORDS)
    return " ".join(chance.choice(_WORDS) for _ in range(chance.randrange(2, 17)))

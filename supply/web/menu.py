"""What stands in the menu, in the order people work: lines, their groups, who sees them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.accounts.rules import Right


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A line of the menu; shown to roles with any of ``rights``.

    ``covers`` are the first words of addresses below a clinic or supplier that it stands for, and
    endpoints that stand for it where the word alone would not say.
    ``of_practice`` says that its address is the practice's, not the clinic's.
    """

    endpoint: str
    label: LazyString
    icon: str
    shortcut: str
    covers: tuple[str, ...] = ()
    rights: frozenset[Right] = frozenset({Right.VIEW})
    of_practice: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together; on a phone one tab, unless they stand under *More*."""

    label: LazyString
    icon: str
    entries: tuple[Entry, ...]
    tab: bool = True
    apart: bool = False
    """Below a rule: what is set up once."""


_ORDERING = frozenset({Right.ORDER})
_STOCKING = frozenset({Right.STOCK})
_RECORDING = frozenset({Right.RECORD})
_KEEPING = frozenset({Right.STOCK, Right.SETTINGS, Right.CATALOGUE})
_WRITING = frozenset({Right.ORDER, Right.FULFIL})

_PRACTICE_SETTINGS = Entry(
    "settings.index",
    _l("Settings"),
    "gear",
    "e",
    ("locations", "policies", "items.index", "suppliers"),
    _KEEPING,
    of_practice=True,
)


def _alone(entry: Entry, *, tab: bool = True, apart: bool = False) -> Group:
    return Group(entry.label, entry.icon, (entry,), tab, apart)


def _mailbox(endpoint: str, *, of_practice: bool) -> Entry:
    return Entry(endpoint, _l("Mailbox"), "envelope", "m", (), _WRITING, of_practice)


CLINIC = (
    _alone(Entry("today.index", _l("Today"), "sun", "t")),
    _alone(Entry("alerts.index", _l("Alerts"), "bell", "a"), tab=False),
    _alone(
        Entry(
            "stock.index",
            _l("Stock"),
            "box-seam",
            "s",
            ("stock", "open", "items", "shelves", "lots", "entries"),
        )
    ),
    _alone(Entry("counting.index", _l("Counts"), "clipboard-check", "n", ("counts",)), tab=False),
    _alone(Entry("coldchain.index", _l("Temperatures"), "snow", "k", ("cold",)), tab=False),
    Group(
        _l("Treatments"),
        "clipboard2-pulse",
        (
            Entry("treatments.use", _l("Use"), "clipboard2-pulse", "u", (), _RECORDING),
            Entry("diary.diary", _l("Diary"), "calendar3", "d", ("diary", "courses", "ready")),
            Entry(
                "treatments.sessions",
                _l("Sessions"),
                "journal-text",
                "h",
                ("sessions",),
            ),
            Entry(
                "formulations.index",
                _l("Formulations"),
                "list-ul",
                "f",
                ("formulations", "protocols"),
            ),
        ),
    ),
    Group(
        _l("Buying"),
        "cart3",
        (
            Entry(
                "replenishment.proposals",
                _l("What to order"),
                "cart-plus",
                "w",
                ("proposals", "basket", "templates", "standing"),
                _ORDERING,
            ),
            Entry("ordering.orders", _l("Orders"), "cart3", "o", ("claims",)),
            Entry(
                "fulfilment.receive",
                _l("Receive"),
                "box-arrow-in-down",
                "r",
                ("receive", "shipments"),
                _STOCKING,
            ),
            Entry(
                "transfers.index",
                _l("Transfers"),
                "arrow-left-right",
                "v",
                ("transfers",),
                _STOCKING,
            ),
            Entry("catalogue.index", _l("Catalogue"), "search", "c"),
            Entry(
                "settling.practice_accounts",
                _l("Accounts"),
                "receipt",
                "i",
                ("accounts",),
                of_practice=True,
            ),
        ),
    ),
    Group(
        _l("Safety"),
        "diagram-3",
        (
            Entry("reports.trace", _l("Trace"), "diagram-3", "x"),
            Entry(
                "recalls.clinic_recalls", _l("Recalls"), "exclamation-octagon", "l", ("recalls",)
            ),
            Entry(
                "adverse.events",
                _l("Adverse events"),
                "exclamation-triangle",
                "j",
                ("events",),
                frozenset({Right.TRACE}),
            ),
        ),
        tab=False,
    ),
    _alone(_PRACTICE_SETTINGS, tab=False, apart=True),
    _alone(_mailbox("mailbox.practice_mailbox", of_practice=True), tab=False, apart=True),
)
SUPPLIER = (
    _alone(Entry("desk.orders", _l("Orders"), "inboxes", "o", ("orders", "shipments", "claims"))),
    _alone(Entry("catalogue.supplier_products", _l("Products"), "tags", "p")),
    _alone(
        Entry("recalls.supplier_recalls", _l("Recalls"), "exclamation-octagon", "l", ("recalls",)),
        tab=False,
    ),
    _alone(
        Entry("depot.index", _l("Stock"), "box-seam", "s", ("stock",), frozenset({Right.FULFIL})),
        tab=False,
    ),
    _alone(
        Entry(
            "desk.own_performance",
            _l("Performance"),
            "list-check",
            "f",
            (),
            frozenset({Right.FULFIL}),
        ),
        tab=False,
    ),
    _alone(
        Entry("invoicing.invoices", _l("Invoices"), "receipt", "i", (), frozenset({Right.FULFIL}))
    ),
    _alone(
        Entry(
            "settling.supplier_accounts",
            _l("Accounts"),
            "journal-text",
            "a",
            ("accounts",),
            frozenset({Right.FULFIL}),
        )
    ),
    _alone(Entry("settings.customers", _l("Customers"), "people", "k", ("customers",)), tab=False),
    _alone(
        Entry("settings.seller", _l("Seller"), "building", "b", (), _KEEPING),
        tab=False,
        apart=True,
    ),
    _alone(
        Entry("settings.supplier_people", _l("People"), "people", "e", (), _KEEPING),
        tab=False,
        apart=True,
    ),
    _alone(
        Entry(
            "trail.supplier_audit", _l("Who did what"), "clock-history", "w", ("audit",), _KEEPING
        ),
        tab=False,
        apart=True,
    ),
    _alone(_mailbox("mailbox.supplier_mailbox", of_practice=False), tab=False, apart=True),
)

"""The rooms of the house: every feature's routes, hooks and commands, joined to the app."""

from __future__ import annotations

from flask import Flask

from supply import cli
from supply.accounts.views import blueprint as accounts
from supply.adverse.views import blueprint as adverse
from supply.alerts import waiting as alerts_waiting
from supply.alerts.views import blueprint as alerts
from supply.amending.views import blueprint as amending
from supply.api.views import register_api
from supply.approving import approval_views, decision_views
from supply.approving import waiting as approving_waiting
from supply.baskets import basket_views, replacing_views
from supply.calendars import telling as calendars_telling
from supply.calendars.views import blueprint as calendars
from supply.catalogue.views import blueprint as catalogue
from supply.claims import complaints as claims_complaints
from supply.claims import undoing as receipt_undoing
from supply.claims import verification as claims_verification
from supply.claims import views as claim_views
from supply.coldchain import alerts as coldchain_alerts
from supply.coldchain import excursion_views, logger_views, upload_views
from supply.coldchain.views import blueprint as coldchain
from supply.counting import alerts as counting_alerts
from supply.counting import finish_views as count_finish_views
from supply.counting import limit_views as count_limit_views
from supply.counting import line_views as count_line_views
from supply.counting import undoing as count_undoing
from supply.counting.views import blueprint as counting
from supply.depot.views import blueprint as depot
from supply.desk import order_views as supplier_order_views
from supply.desk import waiting as desk_waiting
from supply.desk.views import blueprint as desk
from supply.diary.views import blueprint as diary
from supply.filling.views import blueprint as filling
from supply.formulations import uses as formulation_uses
from supply.formulations.views import blueprint as formulations
from supply.handling import open_views
from supply.handling.views import blueprint as handling
from supply.inventory import alerts as inventory_alerts
from supply.inventory import contents as inventory_contents
from supply.inventory import shelf as inventory_shelf
from supply.invoicing import services as invoicing_follows
from supply.invoicing.views import blueprint as invoicing
from supply.items.views import blueprint as items
from supply.labels.views import blueprint as labels
from supply.losses import period_views as losses_between
from supply.losses.views import blueprint as losses
from supply.mailbox.views import blueprint as mailbox
from supply.matching import order_views as match_views
from supply.matching import standing as matching_standing
from supply.open_items import following as items_follow
from supply.open_items import verification as items_verification
from supply.opening_stock.views import blueprint as opening_stock
from supply.ordering import paid as ordering_paid
from supply.ordering.routes import blueprint as ordering
from supply.orders import alerts as orders_alerts
from supply.orders import order_views
from supply.payments import changes as payment_changes
from supply.payments.views import blueprint as payments
from supply.payments.webhooks import blueprint as stripe
from supply.recalls import alerts as recalls_alerts
from supply.recalls import shipping_stops, spreading
from supply.recalls.views import blueprint as recalls
from supply.receiving import views as receiving_views
from supply.receiving import waiting as receiving_waiting
from supply.replenishment import alerts as replenishment_alerts
from supply.replenishment import session_alerts
from supply.replenishment import sparing as replenishment_spares
from supply.replenishment.views import blueprint as replenishment
from supply.reports.views import blueprint as reports
from supply.returning import verification as returning_verification
from supply.returning.views import blueprint as returning
from supply.scanning import link_views, photo_views
from supply.scanning.routes import blueprint as scanning
from supply.seals import verification as seals_verification
from supply.settings.views import blueprint as settings
from supply.settling import desk as settling_desk
from supply.settling import waiting as settling_waiting
from supply.settling.views import blueprint as settling
from supply.shipping.routes import blueprint as fulfilment
from supply.standing.views import blueprint as standing
from supply.stock.views import blueprint as stock
from supply.today import lacking as today_lacking
from supply.today.views import blueprint as today
from supply.trail.views import blueprint as trail
from supply.transfers import transfer_views
from supply.transfers import undoing as transfer_undoing
from supply.transfers import verification as transfers_verification
from supply.transfers.views import blueprint as transfers
from supply.treatments import undoing as session_undoing
from supply.treatments import uses as treatment_uses
from supply.treatments.protocol_pages import blueprint as protocols
from supply.treatments.views import blueprint as treatments
from supply.web import install as install_web

UNDOING = (receipt_undoing, session_undoing, count_undoing, transfer_undoing)
"""Rooms that undo rows of their own when their entry is reversed: importing them says so."""

TELLING = (
    inventory_contents,
    inventory_shelf,
    formulation_uses,
    treatment_uses,
    calendars_telling,
    ordering_paid,
    receiving_waiting,
    desk_waiting,
    approving_waiting,
    alerts_waiting,
    settling_desk,
    matching_standing,
    settling_waiting,
    replenishment_spares,
    today_lacking,
)
"""Rooms that tell a room below them what it shows: importing them says so."""

PAGES = (
    count_finish_views,
    transfer_views,
    count_limit_views,
    count_line_views,
    losses_between,
    open_views,
    link_views,
    photo_views,
    upload_views,
    excursion_views,
    logger_views,
    basket_views,
    replacing_views,
    approval_views,
    decision_views,
    receiving_views,
    claim_views,
    supplier_order_views,
    match_views,
    order_views,
)
"""Pages that stand among those of a room below, under its names: importing them puts them there."""

TAKING = (claims_complaints,)
"""Rooms that take up what a receipt says is wrong: importing them says so."""

HEARING = (payment_changes,)
"""Rooms that hear of what happens to an order: importing them says so."""

ALERTING = (
    inventory_alerts,
    counting_alerts,
    coldchain_alerts,
    recalls_alerts,
    orders_alerts,
    replenishment_alerts,
    session_alerts,
)
"""Rooms that say which kinds of alert are theirs: importing them registers the kinds."""

RECALLING = (spreading, shipping_stops)
"""Rooms that hear of lots that come in or are to leave: importing them says so."""

BILLING = (invoicing_follows, items_follow)
"""Rooms that bill for what is sent, and keep account of it: importing them says so."""

VERIFYING = (
    claims_verification,
    items_verification,
    returning_verification,
    seals_verification,
    transfers_verification,
)
"""Rooms whose counters `supply ledger verify` checks as well: importing them says so."""

BLUEPRINTS = (
    accounts,
    settings,
    catalogue,
    items,
    scanning,
    handling,
    transfers,
    opening_stock,
    coldchain,
    formulations,
    treatments,
    diary,
    calendars,
    protocols,
    ordering,
    filling,
    amending,
    standing,
    depot,
    fulfilment,
    desk,
    invoicing,
    settling,
    returning,
    payments,
    stripe,
    replenishment,
    alerts,
    losses,
    counting,
    labels,
    stock,
    today,
    adverse,
    recalls,
    reports,
    mailbox,
    trail,
)


def register(app: Flask) -> None:
    """Register pages, API, error pages, headers and commands with ``app``."""
    install_web(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_api(app)
    cli.register(app)

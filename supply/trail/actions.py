"""What was done, in words: a title for each action that the audit knows."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

import flask_babel

# flask_babel has no types; this has.
_l: Callable[..., str] = flask_babel.lazy_gettext


class Group(enum.StrEnum):
    """What actions are about, to choose by."""

    STOCK = "stock"
    TREATMENTS = "treatments"
    ORDERS = "orders"
    MONEY = "money"
    CATALOGUE = "catalogue"
    PEOPLE = "people"
    SETTINGS = "settings"


GROUP_WORDS: Final = {
    Group.STOCK: _l("Stock"),
    Group.TREATMENTS: _l("Treatments"),
    Group.ORDERS: _l("Orders"),
    Group.MONEY: _l("Invoices and payments"),
    Group.CATALOGUE: _l("Catalogue and prices"),
    Group.PEOPLE: _l("People and sign-ins"),
    Group.SETTINGS: _l("Settings"),
}

TITLES: Final[dict[Group, dict[str, str]]] = {
    Group.STOCK: {
        "ledger.opening_balance": _l("Opening stock taken in"),
        "ledger.receipt": _l("Stock received"),
        "ledger.session": _l("Stock used in a session"),
        "ledger.opening": _l("Container opened"),
        "ledger.waste": _l("Stock wasted"),
        "ledger.discard": _l("Open container discarded"),
        "ledger.correction": _l("Stock corrected"),
        "ledger.count": _l("Count posted"),
        "ledger.transfer": _l("Stock moved"),
        "ledger.overfill": _l("Overfill found"),
        "ledger.shipment": _l("Stock shipped"),
        "ledger.reversal": _l("Entry undone"),
        "count.begun": _l("Count begun"),
        "count.counted": _l("Lines of a count counted"),
        "count.posted": _l("Count ended"),
        "count.cancelled": _l("Count cancelled"),
        "receipt.by_hand": _l("Receipt written by hand"),
        "hold.placed": _l("Lot put on hold"),
        "hold.released": _l("Hold released"),
        "hold.followed": _l("Hold followed what was moved"),
        "transfer.moved": _l("Stock moved to another location"),
        "transfer.sent": _l("Transfer sent"),
        "transfer.received": _l("Transfer received"),
        "transfer.written_off": _l("Transfer written off"),
        "transfer.taken_back": _l("Transfer taken back"),
        "transfer.undone": _l("Step of a transfer undone"),
        "item.changed": _l("Item changed"),
        "item.tracked": _l("Tracking of an item changed"),
        "location.added": _l("Location added"),
        "location.changed": _l("Location changed"),
        "location.archived": _l("Location put away"),
        "location.restored": _l("Location brought back"),
        "recall.declared": _l("Recall declared"),
        "recall.reached": _l("Recall reached a practice"),
        "recall.acknowledged": _l("Recall answered"),
        "recall.answer_taken_back": _l("Answer to a recall taken back"),
        "recall.reminded": _l("Reminded of a recall"),
        "recall.closed": _l("Recall closed"),
        "recall.reopened": _l("Recall opened again"),
        "recall.withdrawn": _l("Recall withdrawn"),
        "readings.taken_in": _l("Temperatures taken in"),
        "readings.taken_back": _l("Temperatures taken back"),
        "excursion.answered": _l("Maker’s answer to an excursion written down"),
        "excursion.closed": _l("Excursion closed"),
        "excursion.reopened": _l("Excursion opened again"),
        "excursion.withdrawn": _l("Excursion no longer there"),
        "cold_limit.set": _l("Limits of a location’s temperature set"),
        "logger.saved": _l("Logger set up or changed"),
        "logger.retired": _l("Logger put away"),
        "logger.restored": _l("Logger brought back"),
        "policy.set": _l("Reorder point or method set"),
        "policy.removed": _l("Reorder point removed"),
        "clinic.projected": _l("Clinic switched to projection"),
        "alert.acknowledged": _l("Alert acknowledged"),
        "alert.snoozed": _l("Alert snoozed"),
        "alert.open": _l("Alert opened again"),
        "alert.assigned": _l("Alert assigned"),
    },
    Group.TREATMENTS: {
        "session.booked": _l("Session booked"),
        "session.booked_again": _l("Session booked again"),
        "session.rebooked": _l("Booking changed"),
        "session.moved": _l("Session moved"),
        "session.cancelled": _l("Session cancelled"),
        "session.no_show": _l("Session marked as not come"),
        "session.undone": _l("Recorded session undone"),
        "event.recorded": _l("Adverse event written down"),
        "event.noted": _l("Note added to an adverse event"),
        "course.planned": _l("Course planned"),
        "allergen.noted": _l("Allergy noted"),
        "allergen.withdrawn": _l("Allergy withdrawn"),
        "formulation.created": _l("Formulation written"),
        "formulation.changed": _l("Formulation changed"),
        "formulation.renamed": _l("Formulation renamed"),
        "formulation.reordered": _l("Formulation put in order"),
        "formulation.archived": _l("Formulation put away"),
        "formulation.brought_back": _l("Formulation brought back"),
        "protocol.created": _l("Protocol written"),
        "protocol.changed": _l("Protocol changed"),
        "protocol.archived": _l("Protocol put away"),
        "protocol.brought_back": _l("Protocol brought back"),
        "calendar.set_up": _l("Calendar followed"),
        "calendar.asked": _l("Calendar read"),
        "calendar.asked_again": _l("Calendar read again"),
        "calendar.given_up": _l("Calendar no longer followed"),
        "calendar.decided": _l("Calendar entry completed"),
        "calendar.ignored": _l("Calendar entry ignored"),
    },
    Group.ORDERS: {
        "order.drafted": _l("Order drafted"),
        "order.basket_filled": _l("Basket filled"),
        "order.packs_set": _l("Packs in a basket changed"),
        "order.line_removed": _l("Line taken out of a basket"),
        "order.line_replaced": _l("Line of a basket replaced"),
        "order.asked_for": _l("Product asked for"),
        "order.proposed": _l("Order proposed by its supplier"),
        "order.placed": _l("Order placed"),
        "order.approval_asked": _l("Approval of an order asked for"),
        "order.approved": _l("Order approved"),
        "order.approved_to_pay": _l("Order approved, to be paid"),
        "order.payment_asked": _l("Payment of an order asked for"),
        "order.paid": _l("Order paid"),
        "order.payment_held": _l("Payment that does not agree held"),
        "order.refunded": _l("Order refunded"),
        "order.refund_failed": _l("Refund failed"),
        "order.disputed": _l("Payment disputed"),
        "order.dispute_ended": _l("Dispute ended"),
        "order.sent_back": _l("Order sent back to be changed"),
        "order.sending_back_undone": _l("Sending back an order undone"),
        "order.not_mailed": _l("Order to be sent by hand"),
        "order.acknowledged": _l("Order acknowledged"),
        "order.declined": _l("Order declined"),
        "order.substitute_accepted": _l("Substitute accepted"),
        "order.substitute_refused": _l("Substitute refused"),
        "order.cancelled": _l("Order cancelled"),
        "order.shipped": _l("Order shipped"),
        "order.received": _l("Order received"),
        "order.receipt_undone": _l("Receipt of an order undone"),
        "order.claimed": _l("Claim made"),
        "order.claim_settled": _l("Claim settled"),
        "order.claim_withdrawn": _l("Claim withdrawn"),
        "order.claim_goods": _l("Claimed packs dealt with"),
        "order.decline_undone": _l("Declining an order undone"),
        "order.cancel_undone": _l("Cancelling an order undone"),
        "order.shipment_undone": _l("Shipment taken back"),
        "order.comment": _l("Comment on an order"),
        "order.changed": _l("Order changed"),
        "order.change_proposed": _l("Change of an order proposed"),
        "order.change_accepted": _l("Change of an order accepted"),
        "order.change_declined": _l("Change of an order declined"),
        "order.change_withdrawn": _l("Change of an order withdrawn"),
        "order.backorder_moved": _l("Backorder moved to another day"),
        "order.return_asked": _l("Return asked for"),
        "order.return_authorised": _l("Return authorised"),
        "order.return_refused": _l("Return refused"),
        "order.return_withdrawn": _l("Return withdrawn"),
        "order.return_sent": _l("Return sent"),
        "order.return_sending_undone": _l("Sending a return undone"),
        "order.return_settled": _l("Return settled"),
        "order.return_back": _l("Refused packs are back"),
        "order.return_back_undone": _l("Refused packs being back undone"),
        "shipment.tracked": _l("Tracking of a shipment changed"),
        "claim.commented": _l("Comment on a claim"),
        "order_template.saved": _l("Template saved"),
        "order_template.changed": _l("Template changed"),
        "order_template.renamed": _l("Template renamed"),
        "order_template.deleted": _l("Template removed"),
        "order_template.restored": _l("Template brought back"),
        "standing_order.set_up": _l("Standing order set up"),
        "standing_order.changed": _l("Standing order changed"),
        "standing_order.paused": _l("Standing order paused"),
        "standing_order.resumed": _l("Standing order resumed"),
        "standing_order.ended": _l("Standing order ended"),
        "standing_order.taken_up_again": _l("Standing order taken up again"),
        "standing_order.skipped": _l("Date of a standing order skipped"),
        "standing_order.unskipped": _l("Skipped date of a standing order put back"),
    },
    Group.MONEY: {
        "invoice.issued": _l("Invoice issued"),
        "credit_note.issued": _l("Credit note issued"),
        "invoice.paid_nevertheless": _l("Invoice that differs set to be paid"),
        "invoice.blocked_again": _l("Invoice that differs held again"),
        "bank_payment.announced": _l("Payment announced"),
        "bank_payment.recorded": _l("Payment recorded"),
        "bank_payment.confirmed": _l("Payment confirmed"),
        "bank_payment.denied": _l("Payment said not to have come"),
        "bank_payment.withdrawn": _l("Payment withdrawn"),
        "bank_payment.taken_back": _l("Payment taken back"),
        "credit.set_off": _l("Credit set off"),
        "credit.taken_back": _l("Setting off a credit undone"),
    },
    Group.CATALOGUE: {
        "catalogue.imported": _l("Catalogue imported"),
        "prices.imported": _l("Prices imported"),
        "price.set": _l("Price set"),
        "price.changed": _l("Price changed"),
        "price.ended": _l("Price ended"),
        "price.removed": _l("Price removed"),
        "product.created": _l("Product added"),
        "product.changed": _l("Product changed"),
        "product.withdrawn": _l("Product withdrawn"),
        "product.reinstated": _l("Product offered again"),
        "product.attachment_added": _l("Document added to a product"),
        "product.attachment_changed": _l("Document of a product changed"),
        "product.attachment_removed": _l("Document of a product removed"),
        "product.attachment_put_back": _l("Document of a product put back"),
    },
    Group.PEOPLE: {
        "person.signed_in": _l("Signed in"),
        "person.signed_out": _l("Signed out"),
        "person.sign_in_failed": _l("Sign-in failed"),
        "session.ended": _l("Session on a device ended"),
        "person.sessions_ended": _l("All sessions ended"),
        "person.password_set": _l("Password set"),
        "person.password_refused": _l("Wrong password given to confirm"),
        "person.reset_requested": _l("New password asked for"),
        "person.changed": _l("Person changed"),
        "person.readdressed": _l("E-mail address of a person changed"),
        "membership.created": _l("Person added"),
        "membership.changed": _l("Role or limits changed"),
        "membership.removed": _l("Person removed"),
        "invitation.sent": _l("Invitation sent"),
        "invitation.resent": _l("Invitation sent again"),
        "invitation.accepted": _l("Invitation accepted"),
        "invitation.withdrawn": _l("Invitation withdrawn"),
        "token.issued": _l("API token made"),
        "token.revoked": _l("API token revoked"),
        "audit.exported": _l("Audit downloaded"),
        "mails.chosen": _l("Choice of mails changed"),
        "mail.sent_again": _l("Mail sent again"),
    },
    Group.SETTINGS: {
        "practice.created": _l("Practice created"),
        "practice.changed": _l("Practice changed"),
        "practice.registered": _l("VAT number of the practice changed"),
        "practice.first_steps": _l("First steps shown or hidden"),
        "clinic.created": _l("Clinic created"),
        "clinic.changed": _l("Clinic changed"),
        "supplier.created": _l("Supplier created"),
        "supplier.changed": _l("Supplier changed"),
        "supplier.readdressed": _l("E-mail address of a supplier changed"),
        "supplier.archived": _l("Supplier put away"),
        "supplier.brought_back": _l("Supplier brought back"),
        "supplier.registered": _l("VAT number of the supplier changed"),
        "supplier.seller_changed": _l("Seller’s details changed"),
        "supplier.terms_set": _l("Terms for customers set"),
        "supplier.stock_kept": _l("Stock kept here"),
        "supplier.stock_not_kept": _l("Stock no longer kept here"),
        "vat_rate.set": _l("VAT rate set"),
    },
}
"""By what they are about, in the order of the audit's own names."""

_TITLE_OF: Final = {action: title for titles in TITLES.values() for action, title in titles.items()}


def title_of(action: str) -> str:
    """Return what was done in words; the audit's own name where it has none yet."""
    found = _TITLE_OF.get(action)
    return str(found) if found else action


def is_worded(action: str) -> bool:
    """Return whether an action has words."""
    return action in _TITLE_OF


def actions_of(group: Group) -> list[str]:
    """Return the actions about ``group``."""
    return list(TITLES[group])

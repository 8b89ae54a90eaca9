"""What a Checkout Session may be asked for, beyond the form of its parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tests.support.stripe_standin.amounts import check_amount, check_currency, check_total
from tests.support.stripe_standin.books import Books
from tests.support.stripe_standin.errors import Refused, missing, no_such, not_acted_on
from tests.support.stripe_standin.texts import (
    check_email,
    check_longest,
    check_url,
    kept_metadata,
    names,
)

SHORTEST_LIFE: Final = 30 * 60
LONGEST_LIFE: Final = 24 * 3600
MOST_LINES: Final = 100
LONGEST_REFERENCE: Final = 200

_ACTED_ON: Final = names(
    """adaptive_pricing after_expiration allow_promotion_codes allowed_payment_method_types
    automatic_tax billing_address_collection cancel_url client_reference_id currency custom_text
    customer customer_creation customer_email expires_at invoice_creation line_items locale
    metadata mode payment_intent_data phone_number_collection submit_type success_url
    tax_id_collection ui_mode"""
)
_ACTED_ON_IN_INTENT: Final = names(
    """application_fee_amount capture_method description metadata on_behalf_of receipt_email
    statement_descriptor statement_descriptor_suffix transfer_data transfer_group"""
)
_ACTED_ON_IN_LINE: Final = frozenset({"adjustable_quantity", "metadata", "price_data", "quantity"})
_ACTED_ON_IN_PRICE: Final = frozenset({"currency", "product_data", "tax_behavior", "unit_amount"})
_ONLY: Final = {
    "mode": "payment",
    "ui_mode": "hosted_page",
    "customer_creation": "if_required",
    "allow_promotion_codes": False,
}
_SWITCHES: Final = (
    "adaptive_pricing", "automatic_tax", "invoice_creation", "phone_number_collection",
    "tax_id_collection",
)  # fmt: skip


def check_session(asked: dict[str, Any], books: Books) -> None:
    """Refuse what Stripe would refuse, and name what the stand-in does nothing with.

    Raises:
        Refused: anything in ``asked`` breaks a rule; nothing has been kept.
    """
    _check_acted_on(asked, _ACTED_ON, "")
    _check_mode(asked)
    _check_addresses(asked)
    _check_customer(asked, books)
    check_longest(asked.get("client_reference_id"), LONGEST_REFERENCE, "client_reference_id")
    kept_metadata(asked.get("metadata"), "metadata")
    _check_expiry(asked.get("expires_at"), books.clock.now())
    currency, total = _check_lines(asked)
    check_total(total, currency)
    _check_intent(asked.get("payment_intent_data", {}), total, books)


def _check_acted_on(given: Iterable[str], acted_on: frozenset[str], group: str) -> None:
    for name in given:
        if name not in acted_on:
            raise not_acted_on(f"{group}[{name}]" if group else name)


def _check_mode(asked: dict[str, Any]) -> None:
    if "mode" not in asked:
        raise missing("mode")
    for name, only in _ONLY.items():
        if asked.get(name, only) != only:
            raise not_acted_on(name)
    for name in _SWITCHES:
        if asked.get(name, {}).get("enabled"):
            raise not_acted_on(name)
    if asked.get("after_expiration", {}).get("recovery", {}).get("enabled"):
        raise not_acted_on("after_expiration[recovery]")
    if "card" not in asked.get("allowed_payment_method_types", ["card"]):
        raise not_acted_on("allowed_payment_method_types")


def _check_addresses(asked: dict[str, Any]) -> None:
    if "success_url" not in asked:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        check_url(asked.get(name), name)


def _check_customer(asked: dict[str, Any], books: Books) -> None:
    if "customer" in asked and "customer_email" in asked:
        raise Refused(
            "You may only specify one of these parameters: customer, customer_email.",
            param="customer",
        )
    check_email(asked.get("customer_email"), "customer_email")
    if "customer" in asked and asked["customer"] not in books.customers:
        raise no_such("customer", asked["customer"], "customer")


def _check_expiry(expires_at: int | None, now: int) -> None:
    if expires_at is None:
        return
    if expires_at < now + SHORTEST_LIFE:
        message = "The `expires_at` timestamp must be at least 30 minutes in the future."
        raise Refused(message, param="expires_at")
    if expires_at > now + LONGEST_LIFE:
        message = "The `expires_at` timestamp must be less than 24 hours from creation."
        raise Refused(message, param="expires_at")


def _check_lines(asked: dict[str, Any]) -> tuple[str, int]:
    lines = asked.get("line_items")
    if not lines:
        raise missing("line_items")
    if len(lines) > MOST_LINES:
        message = f"Checkout Sessions take at most {MOST_LINES} line items."
        raise Refused(message, param="line_items")
    for number, line in enumerate(lines):
        _check_line(line, f"line_items[{number}]")
    currencies = {line["price_data"]["currency"] for line in lines}
    if "currency" in asked:
        currencies.add(asked["currency"])
    if len(currencies) > 1:
        raise Refused("All prices on a Checkout Session must be in one currency.", param="currency")
    total = sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines)
    return currencies.pop(), total


def _check_line(line: dict[str, Any], name: str) -> None:
    _check_acted_on(line, _ACTED_ON_IN_LINE, name)
    if line.get("adjustable_quantity", {}).get("enabled"):
        raise not_acted_on(f"{name}[adjustable_quantity]")
    if "price_data" not in line:
        raise missing(f"{name}[price_data]")
    _check_price(line["price_data"], f"{name}[price_data]")
    kept_metadata(line.get("metadata"), f"{name}[metadata]")
    if "quantity" not in line:
        raise Refused(
            f"Quantity is required. Add `quantity` to `{name}`", param=f"{name}[quantity]"
        )
    if line["quantity"] < 1:
        message = "This value must be greater than or equal to 1."
        raise Refused(message, code="parameter_invalid_integer", param=f"{name}[quantity]")


def _check_price(price: dict[str, Any], name: str) -> None:
    _check_acted_on(price, _ACTED_ON_IN_PRICE, name)
    check_currency(price["currency"], f"{name}[currency]")
    for key in ("product_data", "unit_amount"):
        if key not in price:
            raise missing(f"{name}[{key}]")
    product = price["product_data"]
    kept_metadata(product.get("metadata"), f"{name}[product_data][metadata]")
    check_amount(price["unit_amount"], price["currency"], f"{name}[unit_amount]", least=0)


def _check_intent(intent: dict[str, Any], total: int, books: Books) -> None:
    group = "payment_intent_data"
    _check_acted_on(intent, _ACTED_ON_IN_INTENT, group)
    if intent.get("capture_method", "automatic") == "manual":
        raise not_acted_on(f"{group}[capture_method]")
    kept_metadata(intent.get("metadata"), f"{group}[metadata]")
    check_longest(intent.get("description"), 1000, f"{group}[description]")
    check_email(intent.get("receipt_email"), f"{group}[receipt_email]")
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        check_longest(intent.get(name), 22, f"{group}[{name}]")
    _check_destination(intent, total, books)


def _check_destination(intent: dict[str, Any], total: int, books: Books) -> None:
    group = "payment_intent_data"
    transfer = intent.get("transfer_data", {})
    for name, account in (
        ("transfer_data][destination", transfer.get("destination")),
        ("on_behalf_of", intent.get("on_behalf_of")),
    ):
        if account is not None and account not in books.connected:
            raise no_such("destination", account, f"{group}[{name}]")
    fee = intent.get("application_fee_amount")
    if fee is None:
        return
    if not transfer:
        message = "An application_fee_amount needs `transfer_data[destination]`."
        raise Refused(message, param=f"{group}[application_fee_amount]")
    if "amount" in transfer:
        message = "You may only specify one of: application_fee_amount, transfer_data[amount]."
        raise Refused(message, param=f"{group}[application_fee_amount]")
    if not 0 < fee <= total:
        message = f"The application fee must be above 0 and no more than the total of {total}."
        raise Refused(message, param=f"{group}[application_fee_amount]")

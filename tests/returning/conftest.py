"""The cast of these tests: a supplier that charges VAT, and a practice that pays it."""

import pytest
from flask import Flask

from supply.accounts.models import Practice
from tests.invoicing.bills import say
from tests.invoicing.conftest import world as registered
from tests.ordering.world import World

sellers = registered


@pytest.fixture
def world(app: Flask, sellers: World) -> World:
    """As for invoices, the practice without a number of its own: VAT of 21 % is charged."""
    say(Practice, "skin", "", "")
    return sellers

"""The pages of accounts: importing them gives the blueprint its routes."""

from __future__ import annotations

from supply.accounts import account_views, sign_in_views
from supply.accounts.factors import own_views, step_views
from supply.accounts.routes import blueprint

__all__ = ["account_views", "blueprint", "own_views", "sign_in_views", "step_views"]

"""Every model, imported once so that migrations and mappers see the whole schema."""

from supply import idempotency
from supply.accounts import credentials
from supply.accounts import models as accounts
from supply.accounts.factors import models as factors
from supply.adverse import models as adverse
from supply.alerts import models as alerts
from supply.amending import models as amending
from supply.audit import models as audit
from supply.calendars import models as calendars
from supply.catalogue import models as catalogue
from supply.catalogue.attachments import models as attachments
from supply.claims import models as claims
from supply.coldchain import models as coldchain
from supply.conditions import models as conditions
from supply.counting import models as counting
from supply.filling import models as filling
from supply.formulations import models as formulations
from supply.inventory import models as inventory
from supply.invoicing import models as invoicing
from supply.items import models as items
from supply.jobs import models as jobs
from supply.matching import models as matching
from supply.need import models as need
from supply.open_items import models as open_items
from supply.ordering import models as ordering
from supply.outbox import models as outbox
from supply.payments import models as payments
from supply.recalls import models as recalls
from supply.receiving import models as receiving
from supply.replenishment import models as replenishment
from supply.returning import models as returning
from supply.seals import models as seals
from supply.shipping import models as shipping
from supply.standing import models as standing
from supply.transfers import models as transfers
from supply.treatments import models as treatments
from supply.vat import models as vat

__all__ = [
    "accounts",
    "adverse",
    "alerts",
    "amending",
    "attachments",
    "audit",
    "calendars",
    "catalogue",
    "claims",
    "coldchain",
    "conditions",
    "counting",
    "credentials",
    "factors",
    "filling",
    "formulations",
    "idempotency",
    "inventory",
    "invoicing",
    "items",
    "jobs",
    "matching",
    "need",
    "open_items",
    "ordering",
    "outbox",
    "payments",
    "recalls",
    "receiving",
    "replenishment",
    "returning",
    "seals",
    "shipping",
    "standing",
    "transfers",
    "treatments",
    "vat",
]

"""Where parcels can be followed: without a database."""

import pytest

from supply.shipping.carriers import tracking_url

DHL = "https://www.dhl.com/global-en/home/tracking.html?tracking-id="


@pytest.mark.parametrize(
    ("carrier", "number", "url"),
    [
        ("DHL", "00340434", f"{DHL}00340434"),
        ("dhl express", " 0034 0434 ", f"{DHL}00340434"),
        ("UPS Standard", "1Z 999", "https://www.ups.com/track?tracknum=1Z999"),
        ("Upside Couriers", "7", None),
        ("La Poste", "6A1", "https://www.laposte.fr/outils/suivre-vos-envois?code=6A1"),
        ("Royal Mail 24", "RM1", "https://www.royalmail.com/track-your-item#/tracking-results/RM1"),
        ("GLS", "a/b?c&d", "https://gls-group.eu/track/a%2Fb%3Fc%26d"),
        ("DHL", " ", None),
        ("", "1Z999", None),
        ("Northbound Parcel", "1", None),
    ],
)
def test_a_known_carriers_page_is_found(carrier: str, number: str, url: str | None) -> None:
    assert tracking_url(carrier, number) == url

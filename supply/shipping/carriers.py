"""Where a parcel can be followed: carriers whose pages take a number in their address."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_PAGES: Final = {
    "chronopost": "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={}",
    "colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "evri": "https://www.evri.com/track-parcel/{}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "gls": "https://gls-group.eu/track/{}",
    "laposte": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "parcelforce": "https://www.parcelforce.com/track-trace?trackNumber={}",
    "royalmail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}
"""By the carrier's name without spaces: its page, with room for the number."""


def tracking_url(carrier: str, number: str) -> str | None:
    """Return where to follow a parcel; None without a number, or for a carrier nobody knows.

    What follows the name ("DHL Express", "UPS Standard") does not matter.
    """
    words = re.findall(r"[^\W_]+", carrier.casefold())
    names = ("".join(words[:2]), "".join(words[:1]))
    page = next((_PAGES[name] for name in names if name in _PAGES), None)
    bare = "".join(number.split())
    return page.format(quote(bare, safe="")) if page and bare else None

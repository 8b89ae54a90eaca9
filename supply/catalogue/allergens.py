"""Allergens under one code each, however a label, a diary or a person writes them."""

from __future__ import annotations

import re
import unicodedata

_APART = re.compile(r"[\W_]+")

_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "fish": (
        "fishes",
        "salmon",
        "trout",
        "poisson",
        "poissons",
        "fisch",
        "pescado",
        "pesce",
        "peixe",
    ),
    "soy": ("soya", "soja", "soybean", "soybeans", "soia"),
    "bovine": ("bovine_protein", "beef", "cow", "bovin", "bovine_hyaluronidase", "rind"),
    "ovine": ("ovine_protein", "sheep", "ovin", "ovine_hyaluronidase", "schaf"),
    "benzyl_alcohol": ("alcool_benzylique", "benzylalkohol", "alcohol_bencilico"),
    "paraben": ("parabens", "parabene", "parabenes", "parabenos"),
    "amide_anaesthetic": (
        "amide_anesthetic",
        "amide_anaesthetics",
        "amide_anesthetics",
        "amide_local_anaesthetic",
        "amide_local_anesthetic",
        "anesthesique_amide",
        "anesthesique_local_amide",
        "lidocaine",
        "lignocaine",
        "prilocaine",
        "mepivacaine",
    ),
    "bee_venom_cross_reaction": (
        "bee_venom",
        "bee",
        "cross_reaction_with_bee_venom",
        "venin_d_abeille",
        "bienengift",
    ),
}
_CODES = {name: code for code, names in _ALSO_CALLED.items() for name in (code, *names)}


def allergen_code(text: str) -> str:
    """Return the code of the allergen that ``text`` names; "" for nothing.

    Case, width, accents, spaces and marks do not matter: "Fish", "poisson" and "ｆｉｓｈ" are
    ``fish``. What we have no code for becomes a code of its own words.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark))
    folded = _APART.sub("_", letters).strip("_")
    return _CODES.get(folded, folded)

"""The form of a picture or document."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Optional

from supply.catalogue.attachments.content import LONGEST_NAME
from supply.catalogue.attachments.wording import KIND_WORDS
from supply.web.fields import at_most
from supply.web.forms import PageForm


class AttachmentForm(PageForm):
    """A file, what it is, and what it is called."""

    file = FileField(_l("File"))
    kind = SelectField(_l("What it is"), [Optional()], default="")
    name = StringField(
        _l("Name"), [at_most(LONGEST_NAME)], description=_l("Empty: as the file is called.")
    )
    form_key = HiddenField()

    def __init__(self, *given: Any, **more: Any) -> None:
        """Offer the kinds there are."""
        super().__init__(*given, **more)
        self.kind.choices = [
            ("", _l("As the file looks: picture or instructions")),
            *((kind.value, words) for kind, words in KIND_WORDS.items()),
        ]

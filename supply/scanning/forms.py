"""The form that a photo comes with."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField

from supply.web.forms import PageForm


class PhotoForm(PageForm):
    """A photo of a code; where what it says is wanted, and in which field."""

    photo = FileField(_l("Photo"))
    next = HiddenField()
    field = HiddenField()

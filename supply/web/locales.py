"""Which language and formats a page is written in."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Domain, get_babel, get_locale
from flask_login import current_user

from supply.accounts.reading import locale_of
from supply.languages import shown_locale, spoken


def install(app: Flask) -> None:
    """Let Flask-Babel ask here for the locale of a request, and templates for its texts."""
    get_babel(app).locale_selector = chosen_locale
    texts = _Texts()
    get_babel(app).instance.domain_instance = texts
    # What Jinja's extension for texts adds to its environment.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: texts.get_translations().ugettext(text),
        ngettext=lambda one, many, count: texts.get_translations().ungettext(one, many, count),
        pgettext=lambda context, text: texts.get_translations().upgettext(context, text),
        npgettext=lambda context, one, many, count: texts.get_translations().unpgettext(
            context, one, many, count
        ),
        newstyle=True,
    )
    # Not Jinja's alias of it, which looks the function up anew for each text.
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]


class _Texts(Domain):
    """The texts of every language, found in a third of the time Flask-Babel takes.

    A page asks for two to five hundred of them: it was a sixth of what a long list costs.
    """

    def get_translations(self) -> Any:
        try:
            return self.cache[str(get_locale()), self.domain[0]]
        except KeyError:
            return super().get_translations()


def chosen_locale() -> str | None:
    """Return the person's locale, else the place's, else the browser's; None is the default.

    Always one that there are texts in: `lang` says what is read.
    """
    if not has_request_context():
        return None
    if not g.get("standing_alone") and current_user.is_authenticated:
        place = g.get("clinic") or g.get("practice") or g.get("supplier")
        return shown_locale(locale_of(current_user, place))
    wanted = request.accept_languages.values()
    return next((code for code in map(spoken, wanted) if code), None)

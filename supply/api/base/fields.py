"""How the API reads values: exact, plain, and never guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate

from supply.quantity import InvalidQuantityError, Unit, parse
from supply.text import clean, has_control, seen

LARGEST_ID = 2**63 - 1
LONGEST_QUANTITY = 20
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2199, 12, 31)
"""Days outside are slips of the keyboard, and would run over when zones are added."""

_QUANTITY = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"
_ABOVE_ZERO = rf"^(?=.*[1-9]){_QUANTITY[1:]}"
"""What the document says of quantities; items of whole pieces take no decimals."""

_CONTROLS = r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffd"
_UNSEEN = (
    r"\u001c-\u001f\u0085\u00ad\u034f\u061c\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
)
"""What the document says no text holds, and what alone is no text."""

_CELSIUS = re.compile(r"^-?[0-9]{1,3}(\.[0-9]{1,6})?$", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _words(**messages: str) -> dict[str, Any]:
    """Return what a kind of field says when it refuses."""
    return {"required": _l("This is needed."), "null": _l("This may not be null."), **messages}


_INPUT_WORDS = {"unknown": _l("There is no such field."), "type": _l("Send a JSON object.")}


class Input(Schema):
    """What a program sends: fields nobody asked for are refused."""

    error_messages = _INPUT_WORDS


class _Worded:
    """A field that says why it refuses in the reader's words, as plain text."""

    error_messages: dict[str, Any]

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """Return the error to raise."""
        return ValidationError(str(self.error_messages[key]).format(**kwargs))


class Named(_Worded, fields.Dict):
    """An object whose names are the sender's own, such as item codes."""

    default_error_messages = _words(invalid=_l("Send a JSON object."))


class Objects(_Worded, fields.Nested):
    """One object within another, or with ``many`` a list of them."""

    default_error_messages = _words(
        type=_l("Send a list of objects, or one object where one is asked for."),
    )


class Several(_Worded, fields.List[Any]):
    """A list of ``least`` to ``most`` of what ``inner`` takes."""

    default_error_messages = _words(
        invalid=_l("Send a list."),
        few=_l("Send at least one, or leave this out."),
        many=_l("Send at most {most}."),
    )

    def __init__(
        self, inner: fields.Field[Any], *, least: int = 0, most: int | None = None, **options: Any
    ) -> None:
        """Take a list; ``least`` is 0 or 1."""
        bounds = {"minItems": least} | ({"maxItems": most} if most else {})
        super().__init__(inner, metadata=options.pop("metadata", {}) | bounds, **options)
        self.least, self.most = least, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) < self.least:
            raise self.make_error("few")
        if self.most is not None and len(value) > self.most:
            raise self.make_error("many", most=self.most)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(_Worded, fields.Boolean):
    """True or false: neither 1 nor "no", which would be read as one of them by chance."""

    default_error_messages = _words(invalid=_l("Send true or false."))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Text(_Worded, fields.String):
    """Text of one to ``longest`` characters, kept as it is seen; controls are refused."""

    default_error_messages = _words(
        invalid=_l("Send text."),
        blank=_l("This may not be empty."),
        length=_l("This is too long."),
        control=_l("This has a character that cannot be kept."),
    )

    def __init__(
        self, longest: int = 80, *, blank: bool = False, control: bool = False, **options: Any
    ) -> None:
        """Take text of at most ``longest`` characters, with ``blank`` also none.

        ``control`` lets control characters through: scanners send GS.
        """
        described = {"minLength": 0 if blank else 1, "maxLength": longest}
        pattern = _plain(blank=blank, control=control)
        super().__init__(metadata=described | {"pattern": pattern}, **options)
        self.longest, self.blank, self.control = longest, blank, control

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        sent: str = super()._deserialize(value, attr, data, **kwargs)
        text = seen(sent) if self.control else clean(sent)
        if not self.blank and not text.strip():
            raise self.make_error("blank")
        if len(text) > self.longest:
            raise self.make_error("length")
        if not self.control and has_control(text):
            raise self.make_error("control")
        return text


def _plain(*, blank: bool, control: bool) -> str:
    """Return the pattern by which the document says what text may hold."""
    sign = r"[\s\S]" if control else rf"[^{_CONTROLS}]"
    return rf"^{sign}*$" if blank else rf"^(?=[\s\S]*[^\s{_UNSEEN}]){sign}*$"


def one_of(words: Iterable[str]) -> validate.OneOf:
    """Return the rule that text is one of ``words``."""
    return validate.OneOf([str(word) for word in words], error=_l("Send one of: {choices}."))


class Whole(_Worded, fields.Integer):
    """A whole number within bounds; ``2.0`` and ``"2"`` are not."""

    default_error_messages = _words(
        invalid=_l("Send a whole number."),
        range=_l("This number is out of range."),
    )

    def __init__(self, least: int = 1, most: int = LARGEST_ID, **options: Any) -> None:
        """Take a whole number from ``least`` to ``most``."""
        bounds = {"minimum": least, "maximum": most}
        super().__init__(strict=True, metadata=bounds, **options)
        self.least, self.most = least, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            raise self.make_error("range")
        return value


class WholeText(Whole):
    """A whole number within bounds as an address has it: digits."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        text = str(value)
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise self.make_error("invalid")
        return super()._deserialize(int(text), attr, data, **kwargs)


class QuantityText(_Worded, fields.Field[Decimal]):
    """A quantity as a decimal string of at most three places, or a whole number.

    A JSON float is refused: a tenth has no exact one. Whether pieces are whole is for whoever
    knows the item.
    """

    default_error_messages = _words(
        float=_l("Send a decimal string such as “2.500”: a number with a point is not exact."),
        invalid=_l("Send a decimal string such as “2.500”."),
    )

    def __init__(self, *, zero: bool = False, **options: Any) -> None:
        """Take a quantity above zero, with ``zero`` also none."""
        super().__init__(metadata={"pattern": _QUANTITY if zero else _ABOVE_ZERO}, **options)
        self.zero = zero

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        if isinstance(value, float):
            raise self.make_error("float")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.make_error("invalid")
        # Longer text would be rounded before it is judged; nobody means it.
        if isinstance(value, int) and abs(value) >= 10**LONGEST_QUANTITY:
            raise self.make_error("invalid")
        text = str(value)
        if len(text) > LONGEST_QUANTITY or not text.isascii():
            raise self.make_error("invalid")
        try:
            return parse(text, Unit.ML, allow_zero=self.zero)
        except InvalidQuantityError as error:
            raise ValidationError(str(error)) from error


class Celsius(_Worded, fields.Field[int]):
    """A temperature in °C, as a number or as text: whole hundredths, from −100 to 100 °C."""

    default_error_messages = _words(
        invalid=_l("Send a temperature in °C."),
        range=_l("Send a temperature from −100 to 100 °C."),
    )

    def __init__(self, **options: Any) -> None:
        """Take a temperature."""
        number = {"type": "number", "minimum": -100, "maximum": 100}
        shapes = [number, {"type": "string", "pattern": _CELSIUS.pattern}]
        super().__init__(metadata={"oneOf": shapes}, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.make_error("invalid")
        if isinstance(value, str) and not _CELSIUS.fullmatch(value):
            raise self.make_error("invalid")
        if not -100 <= float(value) <= 100:
            raise self.make_error("range")
        return round(Decimal(str(value)) * 100)


class Day(_Worded, fields.Field[dt.date]):
    """A calendar day, ``YYYY-MM-DD``."""

    default_error_messages = _words(
        invalid=_l("Send a day as YYYY-MM-DD."),
        range=_l("Check the year."),
    )

    def _serialize(
        self, value: dt.date | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.make_error("invalid")
        try:
            day = dt.date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not FIRST_DAY <= day <= LAST_DAY:
            raise self.make_error("range")
        return day


class Moment(_Worded, fields.Field[dt.datetime]):
    """An instant, ISO 8601 with its offset."""

    default_error_messages = _words(
        invalid=_l("Send an instant with its offset, such as 2026-06-15T09:30:00+03:00."),
        range=_l("Check the year."),
    )

    def _serialize(
        self, value: dt.datetime | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime:
        if not isinstance(value, str) or not value.isascii() or "T" not in value.upper():
            raise self.make_error("invalid")
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if moment.tzinfo is None:
            raise self.make_error("invalid")
        if not FIRST_DAY <= moment.date() <= LAST_DAY:
            raise self.make_error("range")
        return moment.astimezone(dt.UTC)


class DayOrMoment(_Worded, fields.Field[dt.date]):
    """A day, or an instant with its offset: whichever says it better."""

    default_error_messages = _words(
        invalid=_l("Send a day, such as 2026-06-15, or an instant with its offset."),
        range=_l("Check the year."),
    )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        one = Moment() if isinstance(value, str) and "T" in value.upper() else Day()
        found: dt.date = one.deserialize(value, attr, data, **kwargs)
        return found


class Amount(fields.Field[Decimal]):
    """A quantity in an answer: three places."""

    def _serialize(
        self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else f"{value:.3f}"

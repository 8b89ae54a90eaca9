"""Pictures and documents of products: what is taken, how it is served, and to whom."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from supply.accounts.own_suppliers import SupplierFacts, add_supplier
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.catalogue.attachments import limits
from supply.catalogue.attachments.content import download_name, name_from, read_content
from supply.catalogue.attachments.models import AttachmentContent, ProductAttachment
from supply.catalogue.models import Product
from supply.catalogue.one_product import add_product
from supply.db import db, transaction
from supply.refusals import InvalidInput
from tests.factories import BIOTIN, NEEDLE, NOW, World
from tests.support.people import AsPerson

SQLITE_ALONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def drawn(form: str, mode: str = "RGB", size: tuple[int, int] = (60, 40), **more: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 0).save(file, form, **more)
    return file.getvalue()


def rotated() -> bytes:
    """Return a JPEG lying on its side, as telephones keep it, with where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRET-PLACE"
    return drawn("JPEG", exif=exif)


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of few bytes that says it has very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 1) * min(height, 2_000)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (drawn("JPEG"), (60, 40)),
        (drawn("JPEG", "CMYK"), (60, 40)),
        (drawn("PNG"), (60, 40)),
        (drawn("PNG", "P"), (60, 40)),
        (drawn("PNG", "RGBA"), (60, 40)),
        (drawn("PNG", "I;16"), (60, 40)),
        (drawn("PNG", "1"), (60, 40)),
        (drawn("WEBP"), (60, 40)),
        (rotated(), (40, 60)),
        (drawn("JPEG", size=(4000, 3000)), (2000, 1500)),
        (drawn("PNG", "L", size=(9000, 3)), (2000, 1)),
    ],
)
def test_a_picture_is_painted_anew(data: bytes, size: tuple[int, int]) -> None:
    kept = read_content(data)
    assert (kept.media_type, kept.width, kept.height) == ("image/webp", *size)
    picture = Image.open(io.BytesIO(kept.data))
    assert (picture.format, picture.size) == ("WEBP", size)
    assert b"SECRET" not in kept.data
    assert dict(picture.getexif()) == {}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\0" * (limits.LARGEST_FILE + 1), "larger than 10 MB"),
        (SVG, "Bring a PDF"),
        (HTML, "Bring a PDF"),
        (HTML + PDF, "Bring a PDF"),
        (drawn("GIF", "P"), "Bring a PDF"),
        (drawn("TIFF"), "Bring a PDF"),
        (b"PK\x03\x04docx", "Bring a PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "telephone's own format"),
        (PDF[:30], "not whole"),
        (drawn("JPEG")[:300], "damaged"),
        (drawn("PNG")[:50], "damaged"),
        (b"\xff\xd8\xff" + HTML, "damaged"),
        (bomb(60_000, 60_000), "too large"),
        (bomb(9_000, 9_000), "too large"),
    ],
)
def test_what_is_no_use_is_refused_with_a_word(data: bytes, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_content(data)
    [(field, message)] = refused.value.errors
    assert field == "file"
    assert says in message


def test_a_pdf_is_kept_as_it_is_from_where_it_begins() -> None:
    for before in (b"", b"\xef\xbb\xbf", b"\r\n\n "):
        kept = read_content(before + PDF)
        assert (kept.media_type, kept.data, kept.width) == ("application/pdf", PDF.lstrip(), None)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Gebrauchsanweisung für Ampullen.pdf", "Gebrauchsanweisung für Ampullen"),
        ("C:\\Users\\x\\IFU.PDF", "IFU"),
        ("../../etc/passwd", "passwd"),
        ("הוראות שימוש.pdf", "הוראות שימוש"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe"),
        ("u\u0308ber.jpeg", "über"),
        ("x" * 300 + ".pdf", "x" * 200),
        ("説明書.png", "説明書"),
        (".pdf", ""),
        ("", ""),
        ("a.tar.gz", "a.tar.gz"),
    ],
)
def test_a_name_is_what_people_call_it(filename: str, name: str) -> None:
    assert name_from(filename) == name


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("IFU 3/2026", "IFU 3 2026.pdf"),
        ('a"b\\c:d', "a b c d.pdf"),
        ("..", "file.pdf"),
        ("Überschrift", "Überschrift.pdf"),
        ("y" * 200, "y" * 120 + ".pdf"),
    ],
)
def test_a_browser_gets_a_name_any_folder_takes(name: str, saved: str) -> None:
    assert download_name(name, "application/pdf") == saved


def product(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


def send(
    client: FlaskClient, address: str, data: bytes | None, filename: str, **fields: str
) -> TestResponse:
    file = {} if data is None else {"file": (io.BytesIO(data), filename)}
    return client.post(address, data={**file, **fields})


def there() -> list[tuple[str, str, str]]:
    rows = db.session.scalars(
        sa.select(ProductAttachment)
        .where(ProductAttachment.removed_at.is_(None))
        .order_by(ProductAttachment.id)
    )
    return [(row.name, row.kind.value, row.media_type) for row in rows]


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def files_of(sku: str) -> str:
    return f"/s/baltic/products/{product(sku).id}/files"


def seen_at(row: ProductAttachment) -> str:
    return f"/c/riga/catalogue/{row.product_id}/files/{row.id}/{row.digest}"


def attached() -> list[ProductAttachment]:
    return list(db.session.scalars(sa.select(ProductAttachment).order_by(ProductAttachment.id)))


def test_a_supplier_attaches_and_clinics_see_it(world: World, as_person: AsPerson) -> None:
    client, here = as_person(world.supplier_admin), files_of(NEEDLE)
    for _twice in range(2):
        assert send(client, here, PDF, "Anleitung März.pdf", form_key="a").location == here
    assert send(client, here, drawn("JPEG"), "30G.JPG", name="Seen from above").location == here
    assert there() == [
        ("Anleitung März", "instructions", "application/pdf"),
        ("Seen from above", "picture", "image/webp"),
    ]
    again = send(client, here, PDF, "other.pdf")
    assert again.status_code == 400
    assert "The product has this already, as “Anleitung März”." in words(again)
    wrong = send(client, here, PDF + b"\n", "x.pdf", kind="picture")
    assert "A PDF is no picture." in words(wrong)

    clinic = as_person(world.viewer)
    page = words(clinic.get(f"/c/riga/catalogue/{product(NEEDLE).id}"))
    assert "Seen from above" in page
    assert "Anleitung März" in page
    document, picture = attached()
    got = clinic.get(seen_at(document))
    assert (got.status_code, got.data, got.mimetype) == (200, PDF, "application/pdf")
    assert got.headers["Content-Disposition"].startswith("attachment; filename")
    assert "Anleitung%20M%C3%A4rz.pdf" in got.headers["Content-Disposition"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    shown = clinic.get(seen_at(picture))
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert shown.headers["Content-Disposition"].startswith("inline")
    known = {"If-None-Match": f'"{picture.digest}"'}
    assert clinic.get(seen_at(picture), headers=known).status_code == 304


def test_it_is_named_replaced_removed_and_put_back(world: World, as_person: AsPerson) -> None:
    client, here = as_person(world.supplier_admin), files_of(NEEDLE)
    clinic = as_person(world.viewer)
    send(client, here, PDF, "a.pdf")
    [row] = attached()
    one, old = f"{here}/{row.id}", seen_at(row)
    assert send(client, one, None, "", name="IFU", kind="safety").location == here
    assert clinic.get(old).status_code == 200
    assert send(client, one, PDF + b"\n", "new.pdf", name="IFU", kind="safety").location == here
    assert there() == [("IFU", "safety", "application/pdf")]
    assert clinic.get(old).status_code == 404
    removed = client.post(f"{one}/remove", follow_redirects=True)
    assert "IFU is removed." in words(removed)
    [row] = attached()
    for reader, address in ((clinic, seen_at(row)), (client, f"{one}/{row.digest}")):
        assert reader.get(address).status_code == 404
    client.post(f"{one}/remove", data={"again": "yes"})
    assert clinic.get(seen_at(row)).data == PDF + b"\n"
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id)).all()
    assert [action for action in actions if "attachment" in action] == [
        f"product.attachment_{what}"
        for what in ("added", "changed", "changed", "removed", "put_back")
    ]


@SQLITE_ALONE
def test_only_who_may_see_the_product_gets_them(world: World, as_person: AsPerson) -> None:
    with transaction():
        facts = SupplierFacts("Pharmacy", "p@example.org", "", "EUR", 3)
        own = add_supplier(world.practice, facts, actor=SYSTEM, now=NOW)
        cells = {
            "sku": "C-1", "name": "Cream", "category": "hair", "unit": "g", "storage": "15-25C",
            "containers_per_pack": "1", "content_per_container": "30", "prescription_only": "no",
        }  # fmt: skip
        product_id, code = add_product(own, cells, actor=SYSTEM, now=NOW), own.code
    here = f"/p/derma/suppliers/{code}/products/{product_id}/files"
    manager = as_person(world.manager)
    assert send(manager, here, PDF, "x.pdf").location == here
    row = db.session.scalars(sa.select(ProductAttachment)).one()
    path = f"{product_id}/files/{row.id}/{row.digest}"
    assert as_person(world.viewer).get(f"/c/riga/catalogue/{path}").status_code == 200
    assert manager.get(f"{here}/{row.id}/{row.digest}").status_code == 200
    outsider = as_person(world.outsider)
    assert outsider.get(f"/c/elsewhere-1/catalogue/{path}").status_code == 404
    assert outsider.get(f"/c/riga/catalogue/{path}").status_code == 404
    assert as_person(world.viewer).get(f"/c/riga/catalogue/{path[:-1]}0").status_code == 404
    other = f"{product(NEEDLE).id}/files/{row.id}/{row.digest}"
    assert as_person(world.viewer).get(f"/c/riga/catalogue/{other}").status_code == 404
    admin = as_person(world.supplier_admin)
    assert admin.get(f"/s/baltic/products/{path}").status_code == 404
    assert admin.get(f"/s/baltic/products/{other}").status_code == 404
    fulfiller = as_person(world.fulfiller)
    baltic = f"/s/baltic/products/{product(NEEDLE).id}/files"
    assert fulfiller.get(baltic).status_code == 200
    assert send(fulfiller, baltic, PDF, "x.pdf").status_code == 403
    for what in ("", "/remove"):
        assert fulfiller.post(f"{baltic}/{row.id}{what}").status_code == 403
        assert admin.post(f"{baltic}/{row.id}{what}", data={"name": "y"}).status_code == 404
    assert len(there()) == 1


@SQLITE_ALONE
def test_a_form_says_what_is_wrong_with_a_file(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    here = f"/s/baltic/products/{product(BIOTIN).id}/files"
    for data, name, says in (
        (None, "", "Choose a file."),
        (SVG, "picture.png", "Bring a PDF, or a picture as JPEG, PNG or WebP."),
        (HTML, "ifu.pdf", "Bring a PDF, or a picture as JPEG, PNG or WebP."),
        (PDF, "x.pdf", "Use at most 200 characters."),
    ):
        more = {"name": "n" * 201} if data == PDF else {}
        refused = send(client, here, data, name, **more)
        assert refused.status_code == 400
        assert says in words(refused)
    assert there() == []
    assert db.session.scalars(sa.select(AttachmentContent.attachment_id)).all() == []


@SQLITE_ALONE
def test_there_are_only_so_many(
    world: World, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_ATTACHMENTS", 1)
    client = as_person(world.supplier_admin)
    here = f"/s/baltic/products/{product(BIOTIN).id}/files"
    assert send(client, here, PDF, "a.pdf").status_code == 302
    refused = send(client, here, PDF + b"\n", "b.pdf")
    assert "at most 1 picture or document" in words(refused)
    row = db.session.scalars(sa.select(ProductAttachment)).one()
    with transaction():
        db.session.get_one(ProductAttachment, row.id).removed_at = NOW.replace(year=2020)
    assert send(client, here, PDF + b"\n", "b.pdf").status_code == 302
    assert db.session.scalars(sa.select(ProductAttachment.name)).all() == ["b"]

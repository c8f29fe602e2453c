"""What officials change from a day on (公印, 認証者, 職務代理者, 手数料, 時間, 休止, messages of 利用登録): kept in this server's database, beside the file of
the municipality and in the same form (`municipalities/changes.py`), so that a restart keeps it and each state is checked whole."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import RowMapping, insert, select, update

from server_stub.certificates.terms import WEEK
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import (
    ActOnChange,
    ChangeEntry,
    ChangePage,
    ChangeQuery,
    ChangeRequest,
    Changes,
    KindSettings,
    Message,
    MessageOf,
    MessagePreviewRequest,
    Messages,
    SettingsQuery,
    SettingsView,
    WardCertifier,
    WardName,
)
from server_stub.interface.values import Place
from server_stub.municipalities import NO_ADDITIONS, Additions, Change, Municipality, load_municipality
from server_stub.node import NodeContext
from server_stub.paper.typesetting import check_texts

from .ledger import Ledger
from .tables import seal_pictures
from .tables import setting_changes as table
from .tenants import Tenants

_SEAL_NAME = "console-{}.png"
"""By the first 16 hex digits of the picture's SHA-256; no file of a folder is called so."""


class SettingChanges:
    """Safe from any thread: a municipality is replaced as a whole."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._ledger, self._tenants, self._context = ledger, tenants, context
        self._served: dict[str, Additions] = {}
        self.reload()

    def reload(self) -> None:
        """Serve what the database says. Raises Failed(Settings_Wrong) where the file no longer goes with it."""
        for tenant in tuple(self._tenants):
            self._serve(tenant.municipality.info.code)

    def _serve(self, code: str) -> None:
        """Nothing is read anew where nothing has changed."""
        additions = self._additions(code)
        if additions != self._served.get(code, NO_ADDITIONS):
            self._tenants.decide(code, additions)
            self._served[code] = additions

    # --- what officials do --------------------------------------------------------------------------------------------------

    def add(self, asked: ChangeRequest) -> ChangeEntry:
        """Keep a change. Raises Failed: Municipality_Unknown, Change_Too_Late (its day has passed), Change_Wrong(field, expected)."""
        clock = self._context.clock
        if asked.closed_from is not None:
            asked = asked.model_copy(update={"begins": asked.closed_from.date(), "until": None})
        if asked.begins < clock.now().date():
            raise Failed("Change_Too_Late")
        png = _picture(asked)
        if asked.what is Changes.SEAL and png is None:
            raise Failed("Change_Wrong", field="seal", expected="PNG の画像")
        self.with_draft(asked)  # refuses what would not hold
        digest = hashlib.sha256(png).hexdigest() if png is not None else ""
        row = {
            "change_id": new_ulid(clock),
            "municipality": asked.municipality,
            "body": asked.model_copy(update={"seal_png": asked.seal_png and ""}).model_dump_json(),
            "seal_sha256": digest,
            "at": clock.now().isoformat(),
        }
        with self._ledger.write() as connection:
            if png is not None:
                pictures = seal_pictures.c
                same = (pictures.municipality == asked.municipality, pictures.sha256 == digest)
                if connection.execute(select(pictures.sha256).where(*same)).first() is None:
                    own = {"municipality": asked.municipality, "sha256": digest, "png": png}
                    connection.execute(insert(seal_pictures), own)
            connection.execute(insert(table), row)
        return self._decided(asked.municipality, row["change_id"], "setting_changed")

    def withdraw(self, change_id: str, asked: ActOnChange) -> ChangeEntry:
        """Withdraw one that is to come, or has begun today; one of before ends with yesterday, so that what was true then stays so. Raises
        Failed: Change_Unknown (also withdrawn already), Change_Wrong (what is left would not hold)."""
        today, now = self._context.clock.now().date(), self._context.clock.now().isoformat()
        of = (
            table.c.change_id == change_id,
            table.c.municipality == asked.municipality,
            table.c.withdrawn_at.is_(None),
        )
        with self._ledger.read() as connection:
            row = connection.execute(select(table).where(*of)).mappings().first()
        if row is None:
            raise Failed("Change_Unknown")
        body, values = _request(row), {"withdrawn_at": now, "withdrawn_by": asked.operator}
        if body.until is not None and body.until < today:
            raise Failed("Change_Unknown")
        self._check(asked.municipality, self._additions(asked.municipality, ending=(change_id, today)))
        if body.begins < today:
            ended = body.model_copy(update={"until": today - timedelta(days=1)})
            values["body"] = ended.model_dump_json()
        with self._ledger.write() as connection:
            if connection.execute(update(table).where(*of).values(**values)).rowcount != 1:
                raise Failed("Change_Unknown")
        return self._decided(asked.municipality, change_id, "setting_withdrawn")

    def with_draft(self, asked: ChangeRequest | None, code: str = "") -> Municipality:
        """Return the municipality as it would be with that change, too. Raises Failed: Municipality_Unknown, Change_Wrong."""
        code = asked.municipality if asked is not None else code
        if asked is not None:
            self._check_subject(asked)
        return self._check(code, self._additions(code, draft=asked))

    def _check_subject(self, asked: ChangeRequest) -> None:
        """Refuse what names a ward or a message that the municipality has not. Raises Failed(Change_Wrong)."""
        now = self._tenants.get(asked.municipality).municipality.on(asked.begins)
        if asked.ward is not None and asked.ward not in now.wards:
            known = "・".join(ward.name for ward in now.wards.values())
            raise Failed("Change_Wrong", field="ward", expected=known or "区の設定（ward）がある市")
        kind = now.kinds.get(asked.kind or "")
        if asked.ward is not None and kind is not None and not kind.has_wards:
            raise Failed("Change_Wrong", field="kind", expected="区長が認証者となる証明書")
        if asked.message is not None and now.registration is None:
            raise Failed("Change_Wrong", field="message", expected="利用登録申請を取り扱う市区町村")

    def _check(self, code: str, additions: Additions) -> Municipality:
        tenant = self._tenants.get(code)
        try:
            found = load_municipality(tenant.municipality.folder, additions)
            for state in found.every_state:
                of_wards = (one for ward in state.wards.values() for one in ward.issuers.values())
                for issuer in (state.issuer, *state.issuers.values(), *of_wards):
                    check_texts({"title": issuer.office, "mayor": issuer.mayor}, issuer.fonts)
        except Failed as failed:
            field, expected = failed.facts.get("field", ""), failed.facts.get("expected", failed.entry.cause)
            raise Failed("Change_Wrong", field=str(field), expected=str(expected)) from failed
        return found

    def _decided(self, code: str, change_id: str, event: str) -> ChangeEntry:
        self._serve(code)
        with self._ledger.read() as connection:
            row = connection.execute(select(table).where(table.c.change_id == change_id)).mappings().one()
        self._context.trace.emit("operator", event, municipality=code, changed=_request(row).what.value)
        return self._entry(row)

    # --- what follows from it -----------------------------------------------------------------------------------------------

    def _additions(
        self, code: str, *, draft: ChangeRequest | None = None, ending: tuple[str, date] | None = None
    ) -> Additions:
        """Make what holds besides the file: those kept, with `draft`, and without what `ending` (a change, today) withdraws."""
        with self._ledger.read() as connection:
            own = select(table).where(table.c.municipality == code).order_by(table.c.number)
            rows = connection.execute(own).mappings().all()
            pictures = connection.execute(select(seal_pictures).where(seal_pictures.c.municipality == code))
            seals = {_SEAL_NAME.format(row.sha256[:16]): bytes(row.png) for row in pictures}
        asked: list[tuple[ChangeRequest, str]] = []
        for row in rows:
            one = _request(row)
            if ending is not None and row["change_id"] == ending[0]:
                if one.begins >= ending[1]:
                    continue
                one = one.model_copy(update={"until": ending[1] - timedelta(days=1)})
            elif row["withdrawn_at"] is not None and not _was_ended(row, one):
                continue
            asked.append((one, row["seal_sha256"]))
        if draft is not None:
            png = _picture(draft)
            digest = hashlib.sha256(png).hexdigest() if png is not None else ""
            if png is not None:
                seals[_SEAL_NAME.format(digest[:16])] = png
            asked.append((draft, digest))
        return Additions(
            changes=tuple(_change(one, digest) for one, digest in asked if one.what is not Changes.CLOSURE),
            closed=tuple(_closures(one for one, _ in asked)),
            seals=seals,
        )

    def list(self, query: ChangeQuery) -> ChangePage:
        """List all that were ever kept, oldest first. Raises Failed(Municipality_Unknown)."""
        self._tenants.get(query.municipality)
        asked = select(table).where(table.c.municipality == query.municipality).order_by(table.c.number)
        if query.cursor is not None:
            seen = select(table.c.number).where(table.c.change_id == query.cursor).scalar_subquery()
            asked = asked.where(table.c.number > seen)
        with self._ledger.read() as connection:
            rows = connection.execute(asked.limit(query.limit + 1)).mappings().all()
        shown = tuple(self._entry(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return ChangePage(changes=shown, next_cursor=shown[-1].change_id if more else None)

    def view(self, query: SettingsQuery) -> SettingsView:
        """Tell what holds for each kind on a day. Raises Failed(Municipality_Unknown)."""
        municipality = self._tenants.get(query.municipality).municipality.on(query.day)
        kinds = []
        for code, kind in municipality.kinds.items():
            terms, issuer = municipality.services[code], municipality.issuer_of(code)
            kinds.append(
                KindSettings(
                    kind=code,
                    title=terms.words.get("ja") or kind.words["ja"],
                    fee=terms.fee,
                    counter_fee=terms.counter_fee,
                    opens=terms.opens.strftime("%H:%M"),
                    closes=terms.closes.strftime("%H:%M"),
                    weekdays=tuple(terms.weekdays),
                    holidays=terms.holidays,
                    certifier_title=issuer.office,
                    certifier_name=issuer.mayor,
                    seal_sha256=hashlib.sha256(issuer.seal_png).hexdigest(),
                    of_domicile=Place.DOMICILE in kind.places,
                    of_wards=kind.has_wards,
                    wards=tuple(
                        WardCertifier(
                            ward=ward,
                            certifier_title=own.office,
                            certifier_name=own.mayor,
                            seal_sha256=hashlib.sha256(own.seal_png).hexdigest(),
                        )
                        for ward, one in municipality.wards.items()
                        if (own := one.issuers.get(code)) is not None
                    ),
                )
            )
        return SettingsView(
            municipality=query.municipality,
            name=municipality.info.name,
            day=query.day,
            kinds=tuple(kinds),
            wards=tuple(WardName(code=code, name=one.name) for code, one in municipality.wards.items()),
            messages=_messages(municipality),
        )

    def preview_messages(self, asked: MessagePreviewRequest) -> Messages:
        """Tell the messages of 利用登録 of a day to come. Raises Failed: Municipality_Unknown, Change_Wrong."""
        if asked.change is not None and asked.change.municipality != asked.municipality:
            raise Failed("Municipality_Unknown", municipality=asked.change.municipality)
        decided = self.with_draft(asked.change, asked.municipality)
        return Messages(messages=_messages(decided.on(asked.day)))

    def _entry(self, row: RowMapping) -> ChangeEntry:
        asked, today = _request(row), self._context.clock.now().date()
        begun = asked.begins <= today and (asked.until is None or today <= asked.until)
        return ChangeEntry(
            **asked.model_dump(),
            change_id=row["change_id"],
            at=datetime.fromisoformat(row["at"]),
            seal_sha256=row["seal_sha256"],
            withdrawn_at=None if row["withdrawn_at"] is None else datetime.fromisoformat(row["withdrawn_at"]),
            withdrawn_by=row["withdrawn_by"],
            in_force=begun and row["withdrawn_at"] is None,
        )


def _messages(municipality: Municipality) -> tuple[Message, ...]:
    terms = municipality.registration
    if terms is None:
        return ()
    found = {one: terms.texts(one.value) for one in MessageOf}
    return tuple(
        Message(message=one, ja=texts.ja, en=texts.en, told=terms.words(texts))
        for one, texts in found.items()
    )


def _request(row: RowMapping) -> ChangeRequest:
    """Read a kept change; the picture of a seal lies elsewhere."""
    return ChangeRequest.model_validate_json(row["body"])


def _was_ended(row: RowMapping, asked: ChangeRequest) -> bool:
    """Tell whether a change that was withdrawn had been in force before that day."""
    return asked.until is not None and asked.until < datetime.fromisoformat(row["withdrawn_at"]).date()


def _picture(asked: ChangeRequest) -> bytes | None:
    """Raises Failed(Change_Wrong) for no base64."""
    if not asked.seal_png:
        return None
    try:
        return base64.b64decode(asked.seal_png, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Failed("Change_Wrong", field="seal", expected="PNG の画像") from error


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _change(asked: ChangeRequest, digest: str) -> Change:
    """Write it as a table [[change]] of the file. Raises Failed(Change_Wrong)."""
    settings: dict[str, Any] = {}
    if asked.what is Changes.FEE:
        settings = {"fee": asked.fee, "counter_fee": asked.counter_fee}
    elif asked.what in (Changes.HOURS, Changes.NIGHT_STOP):
        settings = {"opens": _time(asked.opens), "closes": _time(asked.closes), "holidays": asked.holidays}
        if asked.weekdays is not None:
            settings["weekdays"] = [day for day in WEEK if day in asked.weekdays]
    elif asked.what is Changes.SEAL:
        settings = {"seal": _SEAL_NAME.format(digest[:16]), "seal_mm": asked.seal_mm}
    elif asked.what is Changes.MESSAGE and asked.message is not None:
        settings = {"registration": {asked.message.value: {"ja": asked.ja, "en": asked.en}}}
    else:
        settings = {"title": asked.title, "mayor": asked.mayor}
    settings = {name: value for name, value in settings.items() if value is not None}
    if asked.what in (Changes.CERTIFIER, Changes.PROXY, Changes.SEAL):
        told: dict[str, Any] = {"certifier": settings}
    else:
        told = settings
    if asked.kind is not None and asked.what is not Changes.MESSAGE:
        told = {"service": {asked.kind: told}}
    if asked.ward is not None:
        told = {"ward": {asked.ward: told}}
    try:
        return Change.model_validate({"from": asked.begins, "until": asked.until, **told})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Failed("Change_Wrong", field=field, expected=str(first["msg"])) from error


def _closures(asked: Iterable[ChangeRequest]) -> Iterable[tuple[str | None, dict[str, Any]]]:
    for one in asked:
        if one.what is Changes.CLOSURE:
            until = one.closed_until
            if one.until is not None:  # it was ended before its time
                ended = datetime.combine(one.until + timedelta(days=1), time.min, one.closed_from.tzinfo)  # type: ignore[union-attr]
                until = min(ended, until) if until is not None else ended
            yield one.kind, {"from": one.closed_from, "until": until}

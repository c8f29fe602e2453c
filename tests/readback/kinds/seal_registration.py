"""印鑑登録証明書: of one person, on one sheet. 旧氏, 通称 and 片仮名表記 where the register has them; 性別 and 印鑑登録番号 where the
municipality prints them. No フリガナ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.readback.form import Block
from tests.readback.kinds.kind import Answers, Expected, Wanted, half_width
from tests.readback.register import Records
from tests.readback.side import WrongPaper

IMPRINT = "印影"


class SealRegistration:
    code, title = "seal_registration", "印鑑登録証明書"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        """The cell of the imprint holds no letters."""
        if len(subjects) != 1 or subjects[0] not in records.seals:
            raise WrongPaper(
                f"{subjects}: one person to a paper, who has a registered seal",
                expected="印鑑登録証明書が、印鑑を登録した一人のものであること",
                found=f"文に挙げた人は{'、'.join(subjects)}だった",
            )
        person = records.people[subjects[0]]
        registration = records.seal_rows.get(person.key, {})
        where_known = {
            "旧氏": person["旧氏"],
            "通称": person["通称"],
            "氏名の片仮名表記": registration.get("片仮名氏名", ""),
        }
        cells = {
            IMPRINT: "",
            "氏名": person["氏名"],
            **{label: value for label, value in where_known.items() if value},
            "生年月日": person.birth,
            **({"性別": person["性別"]} if service.get("show_sex") else {}),
            "住所": person.address,
            **({"印鑑登録番号": registration["印鑑登録番号"]} if service.get("show_number") else {}),
        }
        return Expected(
            blocks=(Wanted(person.key, half_width(cells), pictures={IMPRINT: records.seals[person.key]}),),
            attestation=service["attestation"],
            most_sheets=1,
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        return {}


KIND = SealRegistration()

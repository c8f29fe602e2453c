"""戸籍全部事項証明書 and 戸籍個人事項証明書: a ruled frame of two columns over any number of sheets, not a table of labelled cells.

What must stand in it comes from the delivered registers alone: which register by the link of the card's holder, which lines by
its record. Headings, order and measures are those of real samples (domain2 3.2, 3.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.readback.dates import of_day
from tests.readback.form import Block
from tests.readback.kinds.kind import Answers, Certified, Expected, Front
from tests.readback.register import Records, squeezed
from tests.readback.side import Area, Letter, WrongPaper

FRAME_LEFT, FRAME_RIGHT, FRAME_TOP, DIVIDER = 19.5, 190.0, 34.0, 67.0
LABEL, TITLE, VALUE, SPOUSE = 21.7, 29.0, 71.6, 144.0
BODY = 11 * 25.4 / 72
PITCH = 4.25
LARGER = (1.6, 2.0)
"""How much larger than the body a name is."""
_NEAR = 0.6
_NOTICE = "試験用・証明書としての効力はありません"
_TITLES = {"family_register_full": "全部事項証明", "family_register_individual": "個人事項証明"}
NONE, SOLID, DASHED = "", "from edge to edge", "right of the divider"


# --- what must be there ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the frame as it is before it is broken: what stands in the left column (a title may be broken over several),
    and the value; `large` is a name in large letters at its end. `indent` of the value and `deeper` of the title in characters;
    `rule` above it; `spouse` stands on the same line."""

    left: str = ""
    value: str = ""
    large: str = ""
    indent: int = 0
    at: float = TITLE
    rule: str = NONE
    spouse: str = ""
    member: int = 0


def wide(text: str) -> str:
    """As it is printed: digits and letters full-width, without blanks."""
    return squeezed("".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text))


def lines_of(
    register: Mapping[str, Any], members: Sequence[Mapping[str, Any]], service: Mapping[str, Any]
) -> list[Line]:
    """All lines, in their order."""
    readings = service.get("form", "koseki-2025") == "koseki-2025"
    head = register["head"]
    lines = [Line("本籍", register["domicile"], at=LABEL), Line("氏名", large=head["氏名"], at=LABEL)]
    if readings and head.get("氏の振り仮名"):
        lines.append(Line(value=f"【{service['surname_reading']}】{head['氏の振り仮名']}"))
    lines += [Line("戸籍事項", at=LABEL, rule=SOLID), *_entries(register["entries"])]
    for one in members:
        lines.append(
            Line("戸籍に記録されている者", "【名】", one["名"], at=LABEL, rule=SOLID, member=int(one["番号"]))
        )
        if readings and one.get("名の振り仮名"):
            lines.append(Line(value=f"【{service['name_reading']}】{one['名の振り仮名']}"))
        spouse = f"【配偶者区分】{one['配偶者区分']}" if one.get("配偶者区分") else ""
        lines.append(Line(value=f"【生年月日】{one['生年月日']}", spouse=spouse))
        parents = [("父", one.get("父", "")), ("母", one.get("母", "")), ("続柄", one["続柄"])]
        if one.get("養続柄"):
            parents += [(label, one[label]) for label in ("養父", "養母") if one.get(label)]
            parents.append(("続柄", one["養続柄"]))
        mark = "除籍" if _removed(one) else ""
        for number, (label, value) in enumerate(parents):
            lines.append(Line(mark if number == 0 else "", f"【{label}】{value}", at=-1 if mark else TITLE))
        lines += [Line("身分事項", at=LABEL, rule=SOLID), *_entries(one.get("身分事項", []))]
    return lines


def _removed(member: Mapping[str, Any]) -> bool:
    """A file of texts alone (XML) says it in words."""
    return member.get("除籍") in (True, "true", "1")


def _entries(entries: Sequence[Any], deeper: int = 0) -> Iterator[Line]:
    for number, (title, items, *corrections) in enumerate(entries):
        rule = DASHED if number or deeper else NONE
        for place, (label, content, indent) in enumerate(_items(items)):
            first = place == 0
            yield Line(
                title if first else "",
                f"【{label}】{content}",
                indent=indent,
                at=TITLE + deeper * BODY,
                rule=rule if first else NONE,
            )
        for more in corrections:
            yield from _entries(more, deeper + 2)


def _items(items: Sequence[Any], indent: int = 0) -> Iterator[tuple[str, str, int]]:
    for label, content in items:
        if isinstance(content, list):
            yield label, "", indent
            yield from _items(content, indent + 2)
        else:
            yield label, content, indent


# --- what is there ---------------------------------------------------------------------------------------------------


@dataclass
class Printed:
    """One printed line of the frame: what stands in each column, with the letters."""

    y: float
    left: list[Letter] = field(default_factory=list)
    right: list[Letter] = field(default_factory=list)


def text_of(letters: Sequence[Letter]) -> str:
    return squeezed("".join(letter.text for letter in sorted(letters, key=lambda one: one.x)))


def frame_of(front: Front) -> Area:
    """The one large frame. Raises WrongPaper."""
    found = [area for area in front.side.ruled if area.width > 150 and 150 < area.height < 250]
    if len(found) != 1:
        raise WrongPaper(
            f"{len(found)} frames on the sheet",
            expected="戸籍の枠が一つあること",
            found=f"{len(found)}個あった",
            paper=front.paper,
        )
    return found[0]


def printed_lines(front: Front, frame: Area) -> list[Printed]:
    """The lines within the frame, by their base lines, from top to bottom."""
    rows: list[Printed] = []
    for letter in sorted(front.side.letters, key=lambda one: one.y):
        if letter.turned or not letter.text.strip() or not frame.has(*letter.middle):
            continue
        if not rows or letter.y - rows[-1].y > _NEAR:
            rows.append(Printed(letter.y))
        (rows[-1].left if letter.x < DIVIDER - 0.5 else rows[-1].right).append(letter)
    return rows


# --- the comparison --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FamilyRegister:
    """`code`: one of the two."""

    code: str

    @property
    def title(self) -> str:
        return _TITLES[self.code]

    @property
    def called(self) -> str:
        return f"戸籍{self.title}書"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        """No table of cells: `check_fronts` is asked instead."""
        raise NotImplementedError

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        return {}

    def check_fronts(self, copy: Sequence[Front], names: Sequence[str], told: Certified) -> str:
        """`names`: of the sentence, the given names (名), or 呼び名 of who has a card. Raises WrongPaper. Returns the number of the copy."""
        register = self._register(told)
        members = self._members(register, [_given(name, register, told) for name in names])
        wanted = lines_of(register, members, told.service)
        numbers = set()
        reading = _Reading(wanted)
        for k, front in enumerate(copy, start=1):
            frame = frame_of(front)
            self._check_frame(frame, front, last=k == len(copy))
            rows = printed_lines(front, frame)
            word = [row for row in rows if text_of(row.right) == "以下余白"]
            if (k == len(copy)) != (word == rows[-1:]):
                raise WrongPaper(
                    f"以下余白 where it does not belong on sheet {k}",
                    expected="最後の行のあとにだけ「以下余白」とあること",
                    found="なかった" if not word else "ほかの場所にあった",
                    paper=front.paper,
                )
            begun = next((one for one in members if int(one["番号"]) == reading.within), {})
            named = reading.check([row for row in rows if row not in word], front)
            begins = bool(rows) and text_of(rows[0].left) == "戸籍に記録されている者"
            foot = []
            if not begins and (of := begun or ({} if named else members[0])):
                words = "前頁から続く" if begun else "次頁へ続く"
                foot = [f"{words}【名】{wide(of['名'])}", f"【生年月日】{wide(of['生年月日'])}"]
                named = [of["名"], *named]
            if len(named) != front.subjects:
                raise WrongPaper(
                    f"{len(named)} names on a sheet bound to {front.subjects}",
                    expected=f"この用紙に{front.subjects}人の名があること（用紙の記録）",
                    found=f"{len(named)}人の名があった",
                    paper=front.paper,
                )
            numbers.add(self._check_outside(front, frame, k, len(copy), told, foot))
        reading.check_done()
        if len(numbers) != 1:
            raise WrongPaper(
                f"one copy with several numbers: {numbers}",
                expected="一部の用紙の発行番号がすべて同じであること",
                found=f"発行番号は{'・'.join(sorted(numbers))}だった",
            )
        return numbers.pop()

    @staticmethod
    def _register(told: Certified) -> Mapping[str, Any]:
        """The register that the holder is linked to, by the delivered files."""
        links = [row for row in told.records.others["family_link"] if row["person"] == told.holder]
        registers = {row["key"]: row for row in told.records.others["family_register"]}
        if len(links) != 1 or links[0]["group"] not in registers:
            raise WrongPaper(
                f"{told.holder} is linked with no delivered register",
                expected="カードの持ち主の戸籍が連携されていること",
                found="その人の戸籍がなかった",
            )
        return registers[links[0]["group"]]

    def _members(self, register: Mapping[str, Any], names: Sequence[str]) -> list[Mapping[str, Any]]:
        """全部: everybody, which the sentence must say; 個人: one living member."""
        everybody = register["members"]
        whole = self.code == "family_register_full"
        found = everybody if whole else [one for one in everybody if one["名"] in names and not _removed(one)]
        if [one["名"] for one in found] != list(names) or (not whole and len(names) != 1):
            raise WrongPaper(
                f"the sentence names {names}",
                expected=f"戸籍に記録されている人の名が{'、'.join(one['名'] for one in everybody)}であること",
                found=f"文に挙げた名は{'、'.join(names)}だった",
            )
        return list(found)

    @staticmethod
    def _check_frame(frame: Area, front: Front, *, last: bool) -> None:
        bottom = 240.0 if last else 248.0
        edges = (
            (frame.left, FRAME_LEFT),
            (frame.right, FRAME_RIGHT),
            (frame.top, FRAME_TOP),
            (frame.bottom, bottom),
        )
        divided = [
            area
            for area in front.side.ruled
            if area.width < 0.3 and abs(area.left - DIVIDER) < _NEAR and area.height > frame.height - 1
        ]
        if any(abs(here - there) > _NEAR for here, there in edges) or len(divided) != 1:
            raise WrongPaper(
                f"frame {frame}, {len(divided)} dividers",
                expected=f"枠が横{FRAME_LEFT:g}から{FRAME_RIGHT:g}、縦{FRAME_TOP:g}から{bottom:g}ミリで、縦の仕切りが一本あること",
                found=f"横{frame.left:.1f}から{frame.right:.1f}、縦{frame.top:.1f}から{frame.bottom:.1f}ミリだった",
                paper=front.paper,
            )

    def _check_outside(
        self, front: Front, frame: Area, k: int, n: int, told: Certified, foot: Sequence[str]
    ) -> str:
        """Every line outside of the frame; the number of the copy. `foot`: name and birth date of whose block the sheet goes on with, or
        leads to."""
        letters = [
            letter
            for letter in front.side.letters
            if not letter.turned and letter.text.strip() and not frame.has(*letter.middle)
        ]
        rows: list[list[Letter]] = []
        for letter in sorted(letters, key=lambda one: one.y):
            if rows and letter.y - rows[-1][0].y < _NEAR:
                rows[-1].append(letter)
            else:
                rows.append([letter])
        found = sorted(text_of(row) for row in rows)
        prefix = wide(f"{told.code}-{told.today:%Y%m%d}-")
        numbers = [
            m[1] for line in found if (m := re.match(rf"発行番号({re.escape(prefix)}[０-９Ａ-Ｚ－]+)", line))
        ]
        number = numbers[0] if len(numbers) == 1 else ""
        more = "" if k == n else "以下次頁"
        wanted = [
            "見本",
            f"見本{_NOTICE}",
            *self._heading(rows, k, n),
            f"発行番号{number}{more}",
            f"{_NOTICE}{wide(str(k))}／{wide(str(n))}{''.join(foot[:1])}",
            *foot[1:],
        ]
        if k == n:
            wanted += [wide(told.service["attestation"]), wide(of_day(told.today).japanese), *told.signed]
        if not number or found != sorted(wanted):
            odd = [line for line in found if line not in wanted]
            missing = [line for line in wanted if line not in found]
            raise WrongPaper(
                f"outside the frame stands {found}, not {sorted(wanted)}",
                expected=f"枠の外に「{'」「'.join(missing or wanted)}」とあること",
                found=f"「{'」「'.join(odd or found)}」とあった",
                paper=front.paper,
            )
        told.check_seals(front, signed=k == n)
        return number

    def _heading(self, rows: Sequence[Sequence[Letter]], k: int, n: int) -> list[str]:
        """Title box and page mark, which stand on one line or on two."""
        mark = f"（{wide(str(n))}の{wide(str(k))}）"
        together = any(text_of(row) == mark + self.title for row in rows)
        return [mark + self.title] if together else [mark, self.title]


def _given(name: str, register: Mapping[str, Any], told: Certified) -> str:
    """The given name of who is called so and stands in the register: nobody can type a 外字. Any other name as it stands."""
    key = told.callings.get(name)
    links = [one for one in told.records.others["family_link"] if one["person"] == key]
    if key is None or len(links) != 1 or links[0]["group"] != register["key"]:
        return name
    return next(
        (one["名"] for one in register["members"] if int(one["番号"]) == int(links[0]["member"])), name
    )


class _Reading:
    """Goes through the lines that must be there, sheet by sheet."""

    def __init__(self, wanted: Sequence[Line]) -> None:
        self._wanted = list(wanted)
        self._done = 0
        self._rest = ""
        self._left = ""
        self._x = VALUE

    @property
    def within(self) -> int:
        """The number of the member whose block was begun last; 0: none's."""
        return next((one.member for one in reversed(self._wanted[: self._done]) if one.member), 0)

    def check(self, rows: Sequence[Printed], front: Front) -> list[str]:
        """Compare the lines of one sheet; the names of whose 【名】 stands on it. Raises WrongPaper."""
        named: list[str] = []
        for number, row in enumerate(rows):
            right, left = text_of(row.right), text_of(row.left)
            if self._rest:  # the value of the line above goes on
                self._go_on(row, right, front)
                if left:
                    self._go_on_left(left, front)
                continue
            line = self._next(left + right, front)
            if number:
                self._check_rule(rows[number - 1], row, line, front)
            self._check_left(line, row, left, front)
            self._check_value(line, row, right, front)
            if line.member:
                named.append(line.large)
        return named

    def check_done(self) -> None:
        left = self._wanted[self._done :]
        if left or self._rest or self._left:
            missing = "」「".join(wide(one.left + one.value + one.large) for one in left[:3]) or self._rest
            raise WrongPaper(
                f"{len(left)} lines are missing",
                expected=f"「{missing}」とあること",
                found="用紙の終わりまでなかった",
            )

    def _next(self, found: str, front: Front) -> Line:
        if self._done == len(self._wanted):
            raise WrongPaper(
                "a line that has no business on this paper",
                expected="戸籍に記録されている事項だけがあること",
                found=f"「{found}」があった",
                paper=front.paper,
            )
        self._done += 1
        return self._wanted[self._done - 1]

    def _check_left(self, line: Line, row: Printed, left: str, front: Front) -> None:
        if self._left:
            self._go_on_left(left, front)
            return
        wanted = wide(line.left)
        whole = wanted.startswith(left) and bool(left) == bool(wanted)
        placed = not left or line.at < 0 or abs(min(one.x for one in row.left) - line.at) < _NEAR
        if not whole or not placed:
            raise self._wrong(
                f"左の欄が「{wanted}」であること" if wanted else "左の欄が空いていること", left, front
            )
        if line.left == "除籍":
            self._check_box(row, front)
        self._left = wanted[len(left) :]

    def _go_on_left(self, left: str, front: Front) -> None:
        if not left or not self._left.startswith(left):
            raise self._wrong(f"左の欄に「{self._left}」と続くこと", left, front)
        self._left = self._left[len(left) :]

    @staticmethod
    def _check_box(row: Printed, front: Front) -> None:
        boxes = [area for area in front.side.ruled if 10 < area.width < 40 and 3 < area.height < 10]
        if not any(all(box.has(*one.middle) for one in row.left) for box in boxes):
            raise WrongPaper(
                "the mark 除籍 has no box",
                expected="「除籍」が枠で囲まれていること",
                found="枠がなかった",
                paper=front.paper,
            )

    def _check_value(self, line: Line, row: Printed, right: str, front: Front) -> None:
        large = [one for one in row.right if one.size > 1.3 * BODY]
        body = [one for one in row.right if one not in large]
        spouse = [one for one in body if line.spouse and one.x > SPOUSE - _NEAR]
        value = text_of([one for one in body if one not in spouse])
        wanted = wide(line.value)
        if text_of(spouse) != wide(line.spouse):
            raise self._wrong(
                f"「{line.spouse}」が横{SPOUSE:g}ミリの位置にあること", text_of(spouse) or right, front
            )
        if text_of(large) != wide(line.large):
            raise self._wrong(
                f"名が「{wide(line.large)}」であること" if line.large else "大きな文字がないこと",
                right,
                front,
            )
        if not all(LARGER[0] <= one.size / BODY <= LARGER[1] + 0.01 for one in large) or not all(
            abs(one.size - BODY) < 0.05 for one in body
        ):
            raise self._wrong("名が本文の1.6倍から2倍、ほかが11ポイントであること", right, front)
        if not wanted.startswith(value) or bool(value) != bool(wanted):
            raise self._wrong(f"「{wanted}」とあること", right, front)
        self._x = VALUE + line.indent * BODY
        if value and abs(min(one.x for one in body) - self._x) > _NEAR:
            raise self._wrong(f"「{wanted}」が横{self._x:.1f}ミリから始まること", right, front)
        if any(one.x + one.size > FRAME_RIGHT + 0.1 for one in row.right):
            raise self._wrong("内容が枠に収まっていること", right, front)
        self._rest = wanted[len(value) :]

    def _go_on(self, row: Printed, right: str, front: Front) -> None:
        if not right or not self._rest.startswith(right):
            raise self._wrong(f"「{self._rest}」と続くこと", right, front)
        if abs(min(one.x for one in row.right) - self._x - 1.5 * BODY) > _NEAR:
            raise self._wrong("折り返した行が1.5字下げであること", right, front)
        self._rest = self._rest[len(right) :]

    @staticmethod
    def _check_rule(above: Printed, row: Printed, line: Line, front: Front) -> None:
        """Between two lines there is the rule that belongs there, and no other."""
        between = [
            area
            for area in front.side.ruled
            if area.height < 0.3 and area.width > 100 and above.y < area.top < row.y
        ]
        found = [SOLID if area.left < FRAME_LEFT + _NEAR else DASHED for area in between]
        if found != ([line.rule] if line.rule else []):
            raise WrongPaper(
                f"rules {found} above {line}",
                expected=f"「{wide(line.left + line.value)}」の上の罫線が{'一本' if line.rule else 'ないこと'}",
                found=f"{len(found)}本（{'・'.join(found)}）だった" if found else "なかった",
                paper=front.paper,
            )

    @staticmethod
    def _wrong(expected: str, found: str, front: Front) -> WrongPaper:
        return WrongPaper(
            f"{expected}: {found!r}",
            expected=expected,
            found=f"「{found}」とあった" if found else "空いていた",
            paper=front.paper,
        )


KINDS = tuple(FamilyRegister(code) for code in _TITLES)

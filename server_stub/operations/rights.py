"""Who may do what: ONE table from the name of a route to the roles that may use it. `web.allowed` asks it for every route.

A route that is not in the table is open to nobody, and a test demands that every route is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an operator is there for. An operator may have several, all of the municipality or all of who runs the site."""

    ADMINISTRATOR = "administrator"
    COUNTER = "counter"
    REGISTRATION = "registration"
    NIGHT = "night"
    AUDITOR = "auditor"
    VENDOR = "vendor"
    VENDOR_ADMINISTRATOR = "vendor_administrator"


ROLE_NAMES = {
    Role.ADMINISTRATOR: "システム管理者",
    Role.COUNTER: "窓口担当者",
    Role.REGISTRATION: "住登外戸籍担当者",
    Role.NIGHT: "宿直担当者",
    Role.AUDITOR: "監査担当者",
    Role.VENDOR: "保守担当者（事業者）",
    Role.VENDOR_ADMINISTRATOR: "事業者の管理者",
}
ROLE_DUTIES = {
    Role.ADMINISTRATOR: "操作者と権限、設定の変更、緊急停止を扱います。",
    Role.COUNTER: "発行履歴の確認、発行制限、窓口での手続を扱います。",
    Role.REGISTRATION: "住登外戸籍の利用登録申請を審査し、紐付けます。",
    Role.NIGHT: "夜間・休日に、発行制限と緊急停止を行います。",
    Role.AUDITOR: "操作記録、アクセスログ、統計を確認します。",
    Role.VENDOR: "機器の状態と件数を確認します。市区町村が許可した期間に限り、氏名は表示されません。",
    Role.VENDOR_ADMINISTRATOR: "事業者の操作者を登録します。",
}
VENDOR_ROLES = frozenset({Role.VENDOR, Role.VENDOR_ADMINISTRATOR})
MUNICIPAL_ROLES = frozenset(Role) - VENDOR_ROLES


class PersonalField(StrEnum):
    """What of a person can be hidden from an operator."""

    DOMICILE = "domicile"
    MY_NUMBER = "my_number"
    RESIDENCE_STATUS = "residence_status"


FIELD_NAMES = {
    PersonalField.DOMICILE: "本籍・筆頭者",
    PersonalField.MY_NUMBER: "個人番号",
    PersonalField.RESIDENCE_STATUS: "在留資格など",
}
SEES = {
    Role.ADMINISTRATOR: frozenset[PersonalField](),
    Role.COUNTER: frozenset({PersonalField.DOMICILE, PersonalField.RESIDENCE_STATUS}),
    Role.REGISTRATION: frozenset({PersonalField.DOMICILE}),
    Role.NIGHT: frozenset[PersonalField](),
    Role.AUDITOR: frozenset[PersonalField](),
    Role.VENDOR: frozenset[PersonalField](),
    Role.VENDOR_ADMINISTRATOR: frozenset[PersonalField](),
}
"""What a role may see of a person where nothing else was decided for an operator."""


class Stage(StrEnum):
    """How far a session has come: who has to choose a password, or to show the second factor, does nothing else before."""

    CHOOSE = "choose"
    ENROL = "enrol"
    CODE = "code"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Right:
    """Who may use a route. `function`: the key of the function that it belongs to (`functions.FUNCTIONS`), for navigation and log.

    `municipal`: only with a municipality; an operator of who runs the site has one while its officials have opened a period. `stage`: what
    the session is at. `anybody`: also who is not logged in. `quiet`: its use is not logged by itself.
    """

    function: str
    roles: frozenset[Role] = frozenset()
    municipal: bool = True
    stage: Stage = Stage.FULL
    anybody: bool = False
    quiet: bool = False


def right(function: str, *roles: Role, **more: object) -> Right:
    return Right(function, frozenset(roles), **more)  # type: ignore[arg-type]


_ADMIN, _COUNTER, _REGISTRATION = Role.ADMINISTRATOR, Role.COUNTER, Role.REGISTRATION
_NIGHT, _AUDITOR, _VENDOR, _VENDOR_ADMIN = Role.NIGHT, Role.AUDITOR, Role.VENDOR, Role.VENDOR_ADMINISTRATOR
_EVERYBODY = tuple(Role)
_FIGURES = tuple(role for role in Role if role is not Role.VENDOR_ADMINISTRATOR)
"""Numbers without anybody's name."""
_HISTORY = (Role.ADMINISTRATOR, Role.COUNTER, Role.AUDITOR)

RIGHTS: dict[str, Right] = {
    # --- getting in -----------------------------------------------------------------------------------------------------
    "style": Right("login", anybody=True, quiet=True),
    "login": Right("login", anybody=True, quiet=True),
    "login_act": Right("login", anybody=True, quiet=True),
    "logout": Right("login", frozenset(Role), municipal=False, quiet=True),
    "password": right("login", *_EVERYBODY, municipal=False),
    "password_act": right("login", *_EVERYBODY, municipal=False),
    "first_password": right("login", *_EVERYBODY, municipal=False, stage=Stage.CHOOSE, quiet=True),
    "first_password_act": right("login", *_EVERYBODY, municipal=False, stage=Stage.CHOOSE, quiet=True),
    "code": right("login", *_EVERYBODY, municipal=False, stage=Stage.CODE, quiet=True),
    "code_act": right("login", *_EVERYBODY, municipal=False, stage=Stage.CODE, quiet=True),
    "enrol": right("login", *_EVERYBODY, municipal=False, stage=Stage.ENROL, quiet=True),
    "enrol_act": right("login", *_EVERYBODY, municipal=False, stage=Stage.ENROL, quiet=True),
    # --- first day ------------------------------------------------------------------------------------------------------
    "first_day": right("first_day", *_EVERYBODY, municipal=False, quiet=True),
    # --- ⑧ operators ----------------------------------------------------------------------------------------------------
    "operators": right("operators", _ADMIN, _VENDOR_ADMIN, _AUDITOR, municipal=False),
    "operators_one": right("operators", _ADMIN, _VENDOR_ADMIN, _AUDITOR, municipal=False),
    "operators_new": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False, quiet=True),
    "operators_new_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_rights": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False, quiet=True),
    "operators_rights_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_withdraw_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_name_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_unlock_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_password_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "operators_factor_act": right("operators", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "terms": right("terms", _ADMIN, _VENDOR_ADMIN, municipal=False),
    "terms_act": right("terms", _ADMIN, _VENDOR_ADMIN, municipal=False),
    # --- ⑦ operation log ------------------------------------------------------------------------------------------------
    "operation_log": right("operation_log", _ADMIN, _AUDITOR, _VENDOR_ADMIN, municipal=False),
    "operation_log_search": right("operation_log", _ADMIN, _AUDITOR, _VENDOR_ADMIN, municipal=False),
    "operation_log_export": right("operation_log", _ADMIN, _AUDITOR, _VENDOR_ADMIN, municipal=False),
    "operation_log_check": right(
        "operation_log", _ADMIN, _AUDITOR, _VENDOR_ADMIN, municipal=False, quiet=True
    ),
    "operation_log_check_act": right("operation_log", _ADMIN, _AUDITOR, _VENDOR_ADMIN, municipal=False),
    # --- vendor's access ------------------------------------------------------------------------------------------------
    "vendor_access": right("vendor_access", _ADMIN, _AUDITOR),
    "vendor_access_open_act": right("vendor_access", _ADMIN),
    "vendor_access_close_act": right("vendor_access", _ADMIN),
    "vendor_choice": right("vendor_choice", _VENDOR, municipal=False, quiet=True),
    "vendor_choice_act": right("vendor_choice", _VENDOR, municipal=False),
    # --- search ---------------------------------------------------------------------------------------------------------
    "search": right("search", _ADMIN, _COUNTER, _REGISTRATION, _NIGHT, _AUDITOR, quiet=True),
    "search_act": right("search", _ADMIN, _COUNTER, _REGISTRATION, _NIGHT, _AUDITOR),
    "search_people_act": right("search", _COUNTER, _REGISTRATION, _NIGHT),
    # --- ① statistics ---------------------------------------------------------------------------------------------------
    "statistics": right("statistics", *_FIGURES),
    "statistics_chart": right("statistics", *_FIGURES, quiet=True),
    "statistics_excel": right("statistics", *_FIGURES),
    "statistics_csv": right("statistics", *_FIGURES),
    "statistics_sample_act": right("statistics", _ADMIN),
    # --- ② issue history ------------------------------------------------------------------------------------------------
    "issue_history": right("issue_history", *_HISTORY),
    "issue_history_find": right("issue_history", *_HISTORY),
    "issue_history_one": right("issue_history", *_HISTORY),
    "issue_history_disposal_act": right("issue_history", _ADMIN, _COUNTER),
    "issue_history_disclosure": right("issue_history", _ADMIN, _COUNTER),
    "issue_history_export": right("issue_history", *_HISTORY),
    "issue_history_export_state": right("issue_history", *_HISTORY, quiet=True),
    "issue_history_export_file": right("issue_history", *_HISTORY),
    # --- ③ access log ---------------------------------------------------------------------------------------------------
    "access_log": right("access_log", _ADMIN, _AUDITOR),
    "access_log_excel": right("access_log", _ADMIN, _AUDITOR),
    # --- ④ 住登外戸籍 -----------------------------------------------------------------------------------------------------
    "registrations": right("registrations", _REGISTRATION),
    "registrations_one": right("registrations", _REGISTRATION),
    "registrations_search_act": right("registrations", _REGISTRATION),
    "registrations_compare_act": right("registrations", _REGISTRATION),
    "registrations_review_act": right("registrations", _REGISTRATION),
    "registrations_link_act": right("registrations", _REGISTRATION),
    "registrations_reject_act": right("registrations", _REGISTRATION),
    "registrations_end_act": right("registrations", _REGISTRATION),
    # --- ⑤ restrictions -------------------------------------------------------------------------------------------------
    "restrictions": right("restrictions", _ADMIN, _COUNTER, _NIGHT),
    "restrictions_delivered": right("restrictions", _ADMIN, _COUNTER, _NIGHT),
    "restrictions_one": right("restrictions", _ADMIN, _COUNTER, _NIGHT),
    "restrictions_new": right("restrictions", _COUNTER),
    "restrictions_night": right("restrictions", _COUNTER, _NIGHT),
    "restrictions_check": right("restrictions", _COUNTER, _NIGHT),
    "restrictions_set_act": right("restrictions", _COUNTER, _NIGHT),
    "restrictions_prolong_act": right("restrictions", _COUNTER),
    "restrictions_end_act": right("restrictions", _COUNTER),
    # --- ⑥ management ---------------------------------------------------------------------------------------------------
    "management": right("management", _ADMIN, _COUNTER, _AUDITOR),
    "management_new": right("management", _ADMIN),
    "management_check": right("management", _ADMIN),
    "management_preview": right("management", _ADMIN),
    "management_add_act": right("management", _ADMIN),
    "management_withdraw_act": right("management", _ADMIN),
    "management_notices": right("management", _ADMIN),
    "management_notices_act": right("management", _ADMIN),
    "management_notice_end_act": right("management", _ADMIN),
    # --- emergency stops ------------------------------------------------------------------------------------------------
    "stops": right("stops", _ADMIN, _COUNTER, _NIGHT, _VENDOR),
    "stops_ask": right("stops", _ADMIN, _NIGHT),
    "stops_set_act": right("stops", _ADMIN, _NIGHT),
    "stops_release_ask": right("stops", _ADMIN, _NIGHT),
    "stops_release_act": right("stops", _ADMIN, _NIGHT),
    "stops_everything": right("stops_everything", _VENDOR_ADMIN, municipal=False),
    "stops_everything_act": right("stops_everything", _VENDOR_ADMIN, municipal=False),
    "stops_everything_notices": right("stops_everything", _VENDOR_ADMIN, municipal=False),
    "stops_everything_notices_act": right("stops_everything", _VENDOR_ADMIN, municipal=False),
    "stops_everything_notice_end_act": right("stops_everything", _VENDOR_ADMIN, municipal=False),
    # --- 条例利用 --------------------------------------------------------------------------------------------------------
    "ordinance": right("ordinance", _COUNTER),
    "ordinance_card": right("ordinance", _COUNTER),
    "ordinance_act": right("ordinance", _COUNTER),
    "ordinance_state_act": right("ordinance", _COUNTER),
    # --- deliveries -----------------------------------------------------------------------------------------------------
    "deliveries": right("deliveries", _ADMIN, _COUNTER),
    "deliveries_ask": right("deliveries", _ADMIN),
    "deliveries_take_back_act": right("deliveries", _ADMIN),
    # --- incidents ------------------------------------------------------------------------------------------------------
    "incidents": right("incidents", _ADMIN, _COUNTER, _AUDITOR),
    "incidents_closed": right("incidents", _ADMIN, _COUNTER, _AUDITOR),
    "incidents_one": right("incidents", _ADMIN, _COUNTER, _AUDITOR),
    "incidents_close_act": right("incidents", _ADMIN, _COUNTER),
    "incidents_stray": right("incidents", _ADMIN, _COUNTER, _AUDITOR),
    "incidents_stray_close_act": right("incidents", _ADMIN, _COUNTER),
    "stray_incidents": right("stray_incidents", _VENDOR_ADMIN, municipal=False),
    "stray_incidents_one": right("stray_incidents", _VENDOR_ADMIN, municipal=False),
    "stray_incidents_close_act": right("stray_incidents", _VENDOR_ADMIN, municipal=False),
    # --- terminals ------------------------------------------------------------------------------------------------------
    "terminals": right("terminals", _ADMIN, _COUNTER, _VENDOR),
    # --- alarms ---------------------------------------------------------------------------------------------------------
    "alarms": right("alarms", _ADMIN, _COUNTER, _NIGHT, _VENDOR),
    # --- service level --------------------------------------------------------------------------------------------------
    "service_level": right("service_level", _ADMIN, _AUDITOR, _VENDOR),
}


def may(roles: Iterable[Role], route: str) -> bool:
    """Tell whether somebody with these roles may use the route."""
    found = RIGHTS.get(route)
    return found is not None and (found.anybody or not found.roles.isdisjoint(roles))

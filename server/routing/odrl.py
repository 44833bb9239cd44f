"""The part of ODRL 2.2 (RightsML) that an exchange needs: text of a policy → what it permits. Pure.

Permissions and prohibitions of use, translation, cutting and archiving; where, in which languages, until when. With
permissions in it, a policy permits what they say and no more; with prohibitions alone, all the rest. What is said in
other words is not guessed: UnclearPolicy.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from translators.languages import is_tag, normalise

MOST_BYTES = 100_000
MOST_RULES = 100

USES = {"use", "distribute", "display", "present", "reproduce", "print", "publish", "play", "text-to-speech"}
TRANSLATIONS = {"translate", "derive"}
CUTS = {"cut", "modify", "extract", "excerpt", "transform", "derive"}
ARCHIVES = {"archive", "store"}
OTHERS = {"index", "give", "sell", "attribute", "anonymize", "aggregate", "annotate", "stream", "move", "delete"}
DUTIES = {"attribute"}  # what is always done here
SETS = {"permission", "prohibition", "obligation", "duty"}
PLAIN = {
    "@context", "@type", "@id", "type", "uid", "profile", "assigner", "assignee", "target", "inheritAllowed",
    "conflict", "policyid", "policytype", "policyprofile", "undefined",
}  # fmt: skip


class UnclearPolicy(Exception):
    """A policy says something that is not understood."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is permitted. None: everywhere, in all languages, for ever."""

    translate: bool = True
    cut: bool = True
    archive: bool = True
    territories: frozenset[str] | None = None
    not_in: frozenset[str] = frozenset()
    languages: frozenset[str] | None = None
    until: datetime | None = None


@dataclass(slots=True)
class _Limits:
    territories: frozenset[str] | None = None
    not_in: frozenset[str] = frozenset()
    languages: frozenset[str] | None = None
    until: datetime | None = None

    def is_free(self) -> bool:
        return self.territories is None and not self.not_in and self.languages is None and self.until is None


@dataclass(slots=True)
class _Rule:
    actions: frozenset[str]
    limits: _Limits = field(default_factory=_Limits)


def parse_policy(text: str) -> Policy:
    """Raises UnclearPolicy."""
    if len(text) > MOST_BYTES:
        raise UnclearPolicy("its policy is too long")
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnclearPolicy("its policy is no JSON") from error
    if not isinstance(policy, dict):
        raise UnclearPolicy("its policy is no object")
    for name in policy:
        if _bare(name) not in SETS | PLAIN:
            raise UnclearPolicy(f"its policy has {name[:40]!r}")
    permissions, prohibitions = _read_rules(policy, "permission"), _read_rules(policy, "prohibition")
    for duty in (*_read_rules(policy, "obligation"), *_read_rules(policy, "duty")):
        _check_duty(duty)
    if not permissions and not prohibitions:
        raise UnclearPolicy("its policy neither permits nor prohibits")
    return _prohibit(_permit(permissions) if permissions else Policy(), prohibitions)


def _permit(rules: Sequence[_Rule]) -> Policy:
    uses = [rule for rule in rules if rule.actions & USES]
    if not uses:
        raise UnclearPolicy("its policy permits no use")
    limits = _unite_all(uses)
    translations = [rule for rule in rules if rule.actions & TRANSLATIONS]
    languages = {rule.limits.languages for rule in translations} - {None}
    if len(languages) == 1 and limits.languages is None:
        limits.languages = next(iter(languages))
    if translations and not _covers(translations, TRANSLATIONS, limits):
        raise UnclearPolicy("its policy limits translation in another way than use")
    return Policy(
        translate=_covers(rules, TRANSLATIONS, limits) or bool(translations),
        cut=_covers(rules, CUTS, limits),
        archive=_covers(rules, ARCHIVES, limits),
        territories=limits.territories,
        not_in=limits.not_in,
        languages=limits.languages,
        until=limits.until,
    )


def _covers(rules: Sequence[_Rule], actions: set[str], limits: _Limits) -> bool:
    """Whether an action is permitted wherever use is."""
    granting = [rule for rule in rules if rule.actions & (actions | {"use"})]
    return bool(granting) and (any(rule.limits.is_free() for rule in granting) or _unite_all(granting) == limits)


def _unite_all(rules: Sequence[_Rule]) -> _Limits:
    limits = replace(rules[0].limits)
    for rule in rules[1:]:
        limits = _unite(limits, rule.limits)
    return limits


def _unite(one: _Limits, other: _Limits) -> _Limits:
    """Two permissions permit what either does; that can be told where they differ in places alone."""
    if (one.languages, one.until, one.not_in) != (other.languages, other.until, other.not_in):
        raise UnclearPolicy("its policy has several permissions that differ in more than places")
    if one.territories is None or other.territories is None:
        return _Limits(None, one.not_in, one.languages, one.until)
    return _Limits(one.territories | other.territories, one.not_in, one.languages, one.until)


def _prohibit(policy: Policy, rules: Sequence[_Rule]) -> Policy:
    values = {name: getattr(policy, name) for name in Policy.__slots__}
    for rule in rules:
        free = rule.limits.is_free()
        if rule.actions & USES:
            if free or rule.limits.territories is None or rule.limits.languages or rule.limits.until:
                raise UnclearPolicy("its policy prohibits use in another way than by country")
            values["not_in"] |= rule.limits.territories
        if not free and rule.actions - USES:
            raise UnclearPolicy("its policy prohibits something only in part")
        values["translate"] &= not rule.actions & TRANSLATIONS
        values["cut"] &= not rule.actions & CUTS
        values["archive"] &= not rule.actions & ARCHIVES
    return Policy(**values)


def _check_duty(rule: _Rule) -> None:
    if not rule.actions <= DUTIES:
        raise UnclearPolicy(f"its policy demands {', '.join(sorted(rule.actions - DUTIES))}")


def _read_rules(policy: Mapping[str, Any], name: str) -> list[_Rule]:
    given = [value for key, value in policy.items() if _bare(key) == name]
    rules = [rule for value in given for rule in _as_list(value)]
    if len(rules) > MOST_RULES:
        raise UnclearPolicy(f"its policy has more than {MOST_RULES} rules")
    return [_read_rule(rule) for rule in rules]


def _read_rule(rule: object) -> _Rule:
    if not isinstance(rule, dict):
        raise UnclearPolicy("its policy has a rule that is no object")
    limits = _Limits()
    for key, value in rule.items():
        match _bare(key):
            case "constraint":
                for one in _as_list(value):
                    _read_constraint(one, limits)
            case "duty" | "obligation":
                for one in _as_list(value):
                    _check_duty(_read_rule(one))
            case "action" | "target" | "assigner" | "assignee" | "uid" | "@type" | "@id":
                pass
            case other:
                raise UnclearPolicy(f"its policy has a rule with {other[:40]!r}")
    return _Rule(frozenset(_read_actions(rule)), limits)


def _read_actions(rule: Mapping[str, Any]) -> Iterator[str]:
    names = [_read_name(one) for key, value in rule.items() if _bare(key) == "action" for one in _as_list(value)]
    if not names:
        raise UnclearPolicy("its policy has a rule without an action")
    for name in names:
        if name not in USES | TRANSLATIONS | CUTS | ARCHIVES | OTHERS:
            raise UnclearPolicy(f"its policy has the action {name[:40]!r}")
        yield name


def _read_constraint(given: object, limits: _Limits) -> None:
    if not isinstance(given, dict):
        raise UnclearPolicy("its policy has a constraint that is no object")
    parts = {_bare(key).casefold(): value for key, value in given.items()}
    if not parts.keys() <= {"leftoperand", "operator", "rightoperand", "name", "@type", "uid"}:
        raise UnclearPolicy("its policy has a constraint of an unknown form")
    left = _read_name(parts.get("leftoperand") or parts.get("name"))
    operator = _read_name(parts.get("operator"))
    values = [_read_value(one) for one in _as_list(parts.get("rightoperand"))]
    if left == "spatial" and operator in ("eq", "isAnyOf", "isPartOf"):
        found = frozenset(map(_read_country, values))
        limits.territories = found if limits.territories is None else limits.territories & found
    elif left == "spatial" and operator in ("neq", "isNoneOf"):
        limits.not_in |= frozenset(map(_read_country, values))
    elif left == "language" and operator in ("eq", "isAnyOf"):
        found = frozenset(map(_read_language, values))
        limits.languages = found if limits.languages is None else limits.languages & found
    elif left in ("dateTime", "datetime") and operator in ("lt", "lteq") and len(values) == 1:
        moment = _read_time(values[0])
        limits.until = moment if limits.until is None else min(limits.until, moment)
    else:
        raise UnclearPolicy(f"its policy has the constraint {left[:40]} {operator[:20]}")


def _as_list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else () if value is None else (value,)


def _read_value(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("@value", value.get("@id", ""))
    if not isinstance(value, str) or not value:
        raise UnclearPolicy("its policy has a value that is no text")
    return value


def _read_name(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("rdf:value") or ""
        value = value.get("@id", "") if isinstance(value, dict) else value
    if not isinstance(value, str):
        raise UnclearPolicy("its policy has a name that is no text")
    return _bare(value)


def _bare(name: str) -> str:
    """odrl:translate, http://www.w3.org/ns/odrl/2/translate → translate"""
    return name if name.startswith("@") else re.split(r"[:/#]", name)[-1]


def _read_country(value: str) -> str:
    """AZ, AZE, iso3166-1a3:AZE, http://…/iso3166-1a2/AZ → AZ"""
    code = _bare(value).upper()
    code = _load_countries().get(code, code)
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise UnclearPolicy(f"its policy has the place {value[:60]!r}")
    return code


@cache
def _load_countries() -> Mapping[str, str]:
    """ISO 3166-1: three letters → two."""
    with files("server").joinpath("data/countries.tsv").open(encoding="ascii") as table:
        return {line.split()[0]: line.split()[1] for line in table}


def _read_language(value: str) -> str:
    tag = _bare(value)
    if not is_tag(tag):
        raise UnclearPolicy(f"its policy has the language {value[:60]!r}")
    return normalise(tag)


def _read_time(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise UnclearPolicy(f"its policy has the time {value[:60]!r}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

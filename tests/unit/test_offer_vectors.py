# SPDX-License-Identifier: Apache-2.0
"""Offers a second time, from the words of the agreement and not from the C: exact fractions, dates of the datetime module."""
import datetime
import fractions
import json
import math
import pathlib
import re

import pytest

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "proto" / "vectors"
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
MOST = 999_999_999
UNIT = {"fen": 1, "jiao": 10, "yuan": 100}


def load(kind):
    return json.loads((VECTORS / kind / "offer.json").read_text(encoding="utf-8"))


def day_open(terms, day):
    return (terms.get("from", "0000-00-00") <= day.isoformat() <= terms.get("to", "9999-99-99")
            and day.isoweekday() in terms.get("weekdays", range(1, 8)))


def spans(terms, day):
    """The half-open stretches of time that a day opens."""
    midnight = datetime.datetime.combine(day, datetime.time(), SHANGHAI)
    for window in terms.get("hours") or ["00:00-24:00"]:
        begin, end = (datetime.timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in window.split("-"))
        yield midnight + begin, midnight + end + (datetime.timedelta(days=1) if end <= begin else datetime.timedelta())


def is_open(terms, at):
    days = (at.date(), at.date() - datetime.timedelta(days=1))
    return any(begin <= at < end for day in days if day_open(terms, day) for begin, end in spans(terms, day))


def counts(terms, category):
    return (not terms.get("include") or category in terms["include"]) and category not in terms.get("exclude", [])


def discount(terms, lines, at):
    spent = sum(amount for category, amount in lines if counts(terms, category))
    if not spent or spent < terms.get("min_fen", 0) or not is_open(terms, at):
        return 0
    if terms["kind"] == "percent":
        price = spent * (1 - fractions.Fraction(terms["rate_bp"], 10_000))
    elif terms["kind"] == "off_over":
        times = spent // terms["over_fen"] if terms.get("repeat") else int(spent >= terms["over_fen"])
        price = fractions.Fraction(spent - times * terms["off_fen"])
    else:
        price = fractions.Fraction(min(spent, terms["price_fen"]))
    if price == spent:
        return 0
    most = min(spent, terms.get("cap_fen") or spent)
    total = sum(amount for _, amount in lines)
    unit = UNIT[terms.get("round", "fen")]
    pay = max(total - most, math.floor((total - spent + price) / unit) * unit)
    return total - pay


def split(whole, weights):
    exact = [fractions.Fraction(whole * w, sum(weights)) for w in weights]
    shares = [math.floor(x) for x in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_rest[:whole - sum(shares)]:
        shares[i] += 1
    return shares


def bad_purchase(p):
    own, lines = p.get("own_price_fen", p["total_fen"]), p.get("lines")
    return (not 1 <= p["total_fen"] <= MOST or not 1 <= own <= p["total_fen"]
            or lines and (sum(x["amount_fen"] for x in lines) != p["total_fen"] or min(x["amount_fen"] for x in lines) < 0))


def quote(offers, usable, p):
    if bad_purchase(p):
        return {"none": "bad_amount"}
    at = datetime.datetime.fromtimestamp(0, SHANGHAI) + datetime.timedelta(milliseconds=p["at_ms"])
    lines = [(x["category"], x["amount_fen"]) for x in p.get("lines", [])] or [("", p["total_fen"])]
    given = [discount(o, lines, at) for o in offers]
    ranked = sorted((i for i in usable if given[i]), key=lambda i: (-given[i], bool(offers[i].get("per_card_day")), i))
    own = p["total_fen"] - p.get("own_price_fen", p["total_fen"])
    if own > max((given[i] for i in ranked), default=0):
        off, weights, out = own, [a for _, a in lines], {"own_price": True}
    elif ranked:
        off, out = given[ranked[0]], {"offer": ranked[0]}
        weights = [a if counts(offers[ranked[0]], c) else 0 for c, a in lines]
    else:
        return {"none": "limit_reached" if any(given) else "no_offer"}
    out |= {"discount_fen": off, "pay_fen": p["total_fen"] - off}
    if p.get("lines"):
        out["lines"] = split(off, weights)
    return out


@pytest.mark.parametrize("v", load("valid"), ids=lambda v: v["name"])
def test_valid(v):
    at = datetime.datetime.fromisoformat(v["purchase"]["at"])
    assert (at - datetime.datetime.fromtimestamp(0, SHANGHAI)) / datetime.timedelta(milliseconds=1) == v["purchase"]["at_ms"]
    assert quote(v["offers"], v.get("usable", range(len(v["offers"]))), v["purchase"]) == v["expect"]
    for terms in v["offers"]:
        assert wrong(terms) is None


def is_int(v, low, high):
    return isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def is_text(v, high):
    return isinstance(v, str) and 1 <= len(v.encode()) <= high


def is_day(v):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", v)) and bool(datetime.date.fromisoformat(v))
    except (TypeError, ValueError):
        return False


def is_window(v):
    m = isinstance(v, str) and re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)", v)
    return bool(m) and v[:5] != v[6:]


def is_list(v, high, each):
    return isinstance(v, list) and len(v) <= high and all(each(x) for x in v)


COMMON = {
    "kind": lambda v: v in ("percent", "off_over", "fixed"),
    "title": lambda v: is_text(v, 120),
    "id": lambda v: is_text(v, 26),
    "cap_fen": lambda v: is_int(v, 0, MOST),
    "min_fen": lambda v: is_int(v, 0, MOST),
    "from": is_day,
    "to": is_day,
    "weekdays": lambda v: is_list(v, 7, lambda d: is_int(d, 1, 7)) and len(set(v)) == len(v) > 0,
    "hours": lambda v: is_list(v, 8, is_window),
    "include": lambda v: is_list(v, 32, lambda c: is_text(c, 32)),
    "exclude": lambda v: is_list(v, 32, lambda c: is_text(c, 32)),
    "per_card_day": lambda v: is_int(v, 0, 1000),
    "round": lambda v: isinstance(v, str) and v in UNIT,
}
OWN = {
    "percent": {"rate_bp": lambda v: is_int(v, 1, 10_000)},
    "off_over": {"over_fen": lambda v: is_int(v, 1, MOST), "off_fen": lambda v: is_int(v, 1, MOST),
                 "repeat": lambda v: isinstance(v, bool)},
    "fixed": {"price_fen": lambda v: is_int(v, 1, MOST)},
}


def wrong(terms):
    """The first member that may not stand as it does; None if the terms are good."""
    if not isinstance(terms, dict):
        return ""
    if not COMMON["kind"](terms.get("kind")):
        return "kind"
    own = OWN[terms["kind"]]
    needed = ["title", *(k for k in own if k != "repeat")]
    allowed = COMMON | own
    for k in [*needed, *terms]:
        if k not in allowed or k not in terms or not allowed[k](terms[k]):
            return k
    if terms["kind"] == "off_over" and terms["off_fen"] > terms["over_fen"]:
        return "off_fen"
    return "to" if terms.get("to", "9999") < terms.get("from", "0000") else None


@pytest.mark.parametrize("v", load("invalid"), ids=lambda v: v["name"])
def test_invalid(v):
    assert wrong(v["terms"]) == v["why"]

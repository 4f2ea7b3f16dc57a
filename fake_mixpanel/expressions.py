"""Mixpanel's expressions, as far as a stand-in must know them: is one plausible, and which property is it about.

https://developer.mixpanel.com/reference/segmentation-expressions
"""

import re

from fake_mixpanel.dataset import Event, Shares, shares

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_PROPERTY = re.compile(r'\b(?:properties|user)\s*\[\s*"\s*\]')
_COMPARISON = re.compile(r"[=!<>]=|[<>]|\bin\b|\bdefined\b|\bnot\b|\band\b|\bor\b")
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


class Implausible(Exception):
    """Not an expression that Mixpanel would accept; says why."""


def property_of(expression: str) -> str:
    """The first property an expression names; raises Implausible."""
    skeleton, strings = _skeleton(expression)
    found = _PROPERTY.search(skeleton)
    if not found:
        raise Implausible('names no property: properties["…"] expected')
    return strings[skeleton.count('"', 0, found.start())]


def breakdown(event: Event, expression: str) -> tuple[str, Shares]:
    """The values an event is broken down by, and a name for them: a comparison gives true and false."""
    name = property_of(expression)
    if _COMPARISON.search(_skeleton(expression)[0]):
        return expression, {"true": 0.4, "false": 0.6}
    return name, shares(event, name)


def _skeleton(expression: str) -> tuple[str, list[str]]:
    """The expression with one `"` in place of each string, and the strings."""
    strings: list[str] = []
    skeleton: list[str] = []
    waiting: list[str] = []
    position = 0
    while position < len(expression):
        character = expression[position]
        if character in "\"'":
            found = _STRING.match(expression, position)
            if not found:
                raise Implausible("a quote is not closed")
            strings.append(re.sub(r"\\(.)", r"\1", found[0][1:-1], flags=re.DOTALL))
            skeleton.append('"')
            position = found.end()
            continue
        if character in _CLOSED_BY:
            waiting.append(_CLOSED_BY[character])
        elif character in _CLOSED_BY.values() and (not waiting or waiting.pop() != character):
            raise Implausible(f"{character} closes nothing")
        skeleton.append(character)
        position += 1
    if waiting:
        raise Implausible(f"{waiting[-1]} is missing")
    return "".join(skeleton), strings

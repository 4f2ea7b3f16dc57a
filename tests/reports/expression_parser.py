"""A small parser of Mixpanel's expressions, to check the meaning of the conditions that MixCyfe writes.

It knows the part of the grammar that conditions need: https://developer.mixpanel.com/reference/segmentation-expressions
"""

import re
from typing import Any

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[a-z]+|==|!=|[><()\[\]])', re.DOTALL)


def parse(text: str) -> Any:
    """Returns the tree of an expression.

    An operation is `(operator, …)`, a property is `("property", name)`, and a constant is a Python value.
    """
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        assert found, f"no known token at {text[at:]!r}"
        tokens.append(found[1])
        at = found.end()
    reader = Reader(tokens)
    tree = reader.conjunction()
    assert not reader.tokens, f"unexpected tokens at the end: {reader.tokens}"
    return tree


def unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


class Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def next_is(self, *expected: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in expected

    def take(self, expected: str = "") -> str:
        token = self.tokens.pop(0)
        assert not expected or token == expected
        return token

    def conjunction(self) -> Any:
        parts = [self.condition()]
        while self.next_is("and"):
            self.take()
            parts.append(self.condition())
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def condition(self) -> Any:
        if self.next_is("not"):
            self.take()
            return ("not", self.condition())
        left = self.operand()
        if self.next_is("==", "!=", ">", "<", "in"):
            return (self.take(), left, self.operand())
        return left

    def operand(self) -> Any:
        token = self.take()
        if token == "(":
            inner = self.conjunction()
            self.take(")")
            return inner
        if token == "properties":
            self.take("[")
            name = unquoted(self.take())
            self.take("]")
            return ("property", name)
        if token == "defined":
            return ("defined", self.operand())
        if token.startswith('"'):
            return unquoted(token)
        if token in ("true", "false"):
            return token == "true"
        return float(token) if re.search("[.eE]", token) else int(token)

"""OSC address patterns (`?` `*` `[a-z]` `[!x]` `{a,b}` `//`) matched in bounded time: nothing here backtracks."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_PATTERN_BYTES = 256
MAX_ALTERNATIVES = 32
MAX_SEGMENTS = 16
MAX_ANY_DEPTHS = 2  # `//`: each multiplies the work by the depth of the tree
_MEMO = 64  # answers of up to the whole table
_SPECIAL = frozenset("?*[]{}")
_ANY_DEPTH = None


class PatternRefused(ValueError):  # noqa: N818 - it reads as the fact it reports
    """An address pattern that is broken, or costs more than it may."""


@dataclass(frozen=True, slots=True)
class _Run:
    """`*`: any run of characters."""


@dataclass(frozen=True, slots=True)
class _OneOf:
    """`?`, `[...]` or a plain character; `characters` None is any."""

    characters: frozenset[str] | None
    is_negated: bool = False

    def admits(self, character: str) -> bool:
        return self.characters is None or (character in self.characters) is not self.is_negated


@dataclass(frozen=True, slots=True)
class _Either:
    """`{a,b}`."""

    words: tuple[str, ...]


_Token = _Run | _OneOf | _Either


class Segment:
    """What may stand between two slashes."""

    def __init__(self, text: str) -> None:
        self.literal: str | None = None if _SPECIAL & set(text) else text
        self._tokens = () if self.literal is not None else _tokens(text)
        self._shortest = sum(_shortest(token) for token in self._tokens)
        self._known: dict[str, bool] = {}

    @property
    def alternatives(self) -> int:
        """How many words its braces hold."""
        return sum(len(token.words) for token in self._tokens if isinstance(token, _Either))

    def matches(self, word: str) -> bool:
        """Whether `word`, which holds no slash, is meant."""
        if self.literal is not None:
            return word == self.literal
        known = self._known.get(word)
        if known is None:
            known = len(word) >= self._shortest and self._walk(word)
            if len(self._known) < _MEMO:
                self._known[word] = known
        return known

    def _walk(self, word: str) -> bool:
        reached = {0}  # every place in `word` that the tokens so far can end at: work is tokens x length
        for token in self._tokens:
            if isinstance(token, _Run):
                reached = set(range(min(reached), len(word) + 1))
            elif isinstance(token, _OneOf):
                reached = {at + 1 for at in reached if at < len(word) and token.admits(word[at])}
            else:
                reached = {at + len(each) for each in token.words for at in reached if word.startswith(each, at)}
            if not reached:
                return False
        return len(word) in reached


class AddressPattern:
    """A whole address with wildcards. Raises PatternRefused when broken or over a cap."""

    def __init__(self, pattern: str) -> None:
        if not pattern.startswith("/") or len(pattern) > MAX_PATTERN_BYTES:
            raise PatternRefused(f"a pattern begins with / and has at most {MAX_PATTERN_BYTES} characters")
        parts = pattern[1:].split("/")
        if len(parts) > MAX_SEGMENTS:
            raise PatternRefused(f"a pattern has at most {MAX_SEGMENTS} parts")
        # an empty part is the second slash of `//`; at the very end it is a plain mistake
        if parts[-1] == "" or parts.count("") > MAX_ANY_DEPTHS:
            raise PatternRefused(f"a pattern has at most {MAX_ANY_DEPTHS} // and does not end with /")
        self._segments: list[Segment | None] = [Segment(part) if part else _ANY_DEPTH for part in parts]
        if sum(segment.alternatives for segment in self._segments if segment is not None) > MAX_ALTERNATIVES:
            raise PatternRefused(f"a pattern holds at most {MAX_ALTERNATIVES} alternatives")

    def matches(self, address: str) -> bool:
        """Whether `address`, which is no pattern, is meant."""
        return self.matches_words(address[1:].split("/"))

    def matches_words(self, words: list[str]) -> bool:
        """`matches` of an address already cut at its slashes."""
        if _ANY_DEPTH not in self._segments:
            if len(words) != len(self._segments):
                return False
            pairs = zip(self._segments, words, strict=True)
            return all(segment is not None and segment.matches(word) for segment, word in pairs)
        reached = {0}
        for segment in self._segments:
            if segment is None:
                reached = set(range(min(reached), len(words) + 1))
            else:
                reached = {at + 1 for at in reached if at < len(words) and segment.matches(words[at])}
            if not reached:
                return False
        return len(words) in reached


class PatternIndex:
    """The addresses of a table, found by pattern; the answers to the patterns in use are remembered."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._words = [(address, address[1:].split("/")) for address in addresses]
        self._known: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._words)

    def knows(self, pattern: str) -> bool:
        """Whether the answer to `pattern` is remembered."""
        return pattern in self._known

    def select(self, pattern: str) -> tuple[str, ...]:
        """Addresses `pattern` means, in table order. Raises PatternRefused."""
        known = self._known.get(pattern)
        if known is None:
            wanted = AddressPattern(pattern)
            known = tuple(address for address, words in self._words if wanted.matches_words(words))
            if len(self._known) >= _MEMO:
                del self._known[next(iter(self._known))]
            self._known[pattern] = known
        return known


def is_pattern(address: str) -> bool:
    """Whether `address` may mean more than one."""
    return "*" in address or "?" in address or "[" in address or "{" in address or "//" in address


def _shortest(token: _Token) -> int:
    if isinstance(token, _Either):
        return min(map(len, token.words))
    return 1 if isinstance(token, _OneOf) else 0


def _tokens(text: str) -> tuple[_Token, ...]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        sign = text[at]
        at += 1
        if sign == "*":
            if not tokens or not isinstance(tokens[-1], _Run):
                tokens.append(_Run())
        elif sign == "?":
            tokens.append(_OneOf(None))
        elif sign in "[{":
            stop = text.find("]" if sign == "[" else "}", at)
            if stop < 0:
                raise PatternRefused(f"a pattern leaves a {sign} open")
            tokens.append(_one_of(text[at:stop]) if sign == "[" else _either(text[at:stop]))
            at = stop + 1
        elif sign in "]}":
            raise PatternRefused(f"a pattern closes a {sign} it did not open")
        else:
            tokens.append(_OneOf(frozenset(sign)))
    return tuple(tokens)


def _one_of(text: str) -> _OneOf:
    is_negated = text.startswith("!")
    body = text[1:] if is_negated else text
    characters: set[str] = set()
    at = 0
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):  # a minus at either end is itself
            characters.update(map(chr, range(ord(body[at]), ord(body[at + 2]) + 1)))
            at += 3
        else:
            characters.add(body[at])
            at += 1
    if not characters:
        raise PatternRefused("a pattern holds an empty [] or a range that runs backwards")
    return _OneOf(frozenset(characters), is_negated)


def _either(text: str) -> _Either:
    if _SPECIAL & set(text):
        raise PatternRefused("a pattern holds wildcards inside {}")
    words = tuple(dict.fromkeys(text.split(",")))
    if len(words) > MAX_ALTERNATIVES:
        raise PatternRefused(f"a pattern holds at most {MAX_ALTERNATIVES} alternatives")
    return _Either(words)

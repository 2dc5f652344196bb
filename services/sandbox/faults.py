"""Rules by which the stand-in misbehaves on purpose."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

FaultKind = Literal[
    "latency",  # answer `seconds` late, commit first
    "429",
    "500",  # System exception 1000003
    "502",  # an HTML page
    "500-after-commit",  # do the work, answer that it failed
    "cut-before-commit",  # close the socket, nothing done
    "cut-after-commit",  # do the work, close the socket without an answer
    "slow-body",  # headers at once, body spread over `seconds`
    "truncated-body",  # half the promised body
    "timeout",  # never answer, nothing done
    "timeout-after-commit",  # do the work, never answer
]


@dataclass
class FaultRule:
    """One rule: hits the `nth` matching call (1 is the next), or each with `probability` from `seed`; at most `count`.

    `path` is a shell pattern on the whole path, such as `/3/vouchers*`.
    """

    kind: FaultKind
    path: str = "*"
    method: str | None = None
    nth: int | None = None
    probability: float = 1.0
    seed: int = 0
    count: int | None = 1
    seconds: float = 1.0
    seen: int = 0
    hits: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"unknown kind of fault: {self.kind}")
        self._random = random.Random(self.seed)

    def fires(self, method: str, path: str) -> bool:
        if self.method not in (None, method) or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        if self.count is not None and self.hits >= self.count:
            return False
        hit = self._random.random() < self.probability if self.nth is None else self.seen >= self.nth
        self.hits += hit
        return hit

    def described(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def add(self, rule: FaultRule) -> None:
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def pick(self, method: str, path: str) -> FaultRule | None:
        """Return the first rule that fires for this call."""
        with self._lock:
            return next((rule for rule in self._rules if rule.fires(method, path)), None)

    def described(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.described() for rule in self._rules]

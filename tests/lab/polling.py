"""Waiting for something to become true, without ever sleeping for a guessed time."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def eventually(
    check: Callable[[], Answer], *, within: float, every: float = 0.05, what: str = "the condition"
) -> Answer:
    """Return the first truthy answer of `check`.

    An AssertionError of `check` counts as "not yet". After `within` seconds an AssertionError says what was
    waited for, with the last answer and the last error.
    """
    deadline = time.monotonic() + within
    answer: Answer | None = None
    error: AssertionError | None = None
    while True:
        try:
            answer = check()
            if answer:
                return answer
        except AssertionError as not_yet:
            error = not_yet
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not hold within {within} s; last answer: {answer!r}") from error
        time.sleep(every)

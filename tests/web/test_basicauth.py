"""The time to refuse does not tell whether a user exists."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest

from exporter.web import basicauth
from exporter.web.basicauth import Users, Verdict

CHEAP = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
DEAR = bcrypt.hashpw(b"secret", bcrypt.gensalt(7)).decode()


def check(users: Users, user: str, password: str) -> Verdict:
    """One check, as a request makes it."""
    header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return asyncio.run(users.check(header))


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The cost of each hash that the library was asked to compute."""
    seen: list[int] = []
    real = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        seen.append(int(hashed[4:6]))
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    return seen


@pytest.mark.parametrize("user", ["cheap", "dear", "nobody", ""])
def test_every_refusal_does_the_same_work(costs: list[int], user: str) -> None:
    """Known or not, cheap hash or dear: the work, 2 to the cost, sums up to that of the dearest hash."""
    with ThreadPoolExecutor(1) as executor:
        assert check(Users({"cheap": CHEAP, "dear": DEAR}, executor), user, "wrong") is Verdict.REFUSED
    assert sum(2**cost for cost in costs) == 2**7


def test_a_right_password_is_hashed_once(costs: list[int]) -> None:
    """What was right is remembered, what was wrong is not."""
    with ThreadPoolExecutor(1) as executor:
        users = Users({"dear": DEAR}, executor)
        assert [check(users, "dear", word) for word in ("secret", "secret")] == [Verdict.GRANTED] * 2
        assert len(costs) == 1
        assert [check(users, "dear", word) for word in ("wrong", "wrong")] == [Verdict.REFUSED] * 2
        assert len(costs) == 3


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_all_three_kinds_of_hashes_work(prefix: str) -> None:
    """Hashes of any of the usual tools are understood."""
    with ThreadPoolExecutor(1) as executor:
        users = Users({"u": prefix + CHEAP[4:]}, executor)
        assert check(users, "u", "secret") is Verdict.GRANTED


def test_guessing_cannot_queue_without_end() -> None:
    """Beyond a number of waiting checks a client is told to come back."""
    header = "Basic " + base64.b64encode(b"u:wrong").decode()

    async def many() -> list[Verdict]:
        with ThreadPoolExecutor(1) as executor:
            users = Users({"u": DEAR}, executor)
            return await asyncio.gather(*(users.check(header) for _ in range(basicauth.MAX_WAITING + 5)))

    verdicts = asyncio.run(many())
    assert verdicts.count(Verdict.BUSY) == 5
    assert verdicts.count(Verdict.REFUSED) == basicauth.MAX_WAITING

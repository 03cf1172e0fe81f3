"""The token bucket, with a clock of its own."""

from exporter.web.ratelimit import RateLimiter


def test_tokens_come_back_with_time() -> None:
    """A burst is spent at once, and each interval gives one token back, up to the burst."""
    now = [0.0]
    limiter = RateLimiter(2.0, 3, lambda: now[0])
    assert [limiter.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 2.5
    assert [limiter.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [limiter.take() for _ in range(4)] == [True, True, True, False]


def test_no_interval_is_no_limit() -> None:
    """Without an interval every request passes."""
    limiter = RateLimiter(0, 0)
    assert all(limiter.take() for _ in range(1000))

"""Pauses before what did not answer is asked again."""

from exporter.hypervisor.waits import Waits


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pauses_double() -> None:
    """A minute, then two, then four: what hangs for a day is asked about ten times."""
    clock = _Clock()
    waits = Waits(clock)
    pauses = []
    for _ in range(3):
        waits.lengthen("pool")
        start = clock.now
        while not waits.over("pool"):
            clock.now += 1
        pauses.append(clock.now - start)
    assert pauses == [60, 120, 240]


def test_an_answer_ends_the_pauses() -> None:
    """The next silence begins with the shortest pause again."""
    clock = _Clock()
    waits = Waits(clock)
    waits.lengthen("pool")
    waits.lengthen("pool")
    waits.reset("pool")
    assert waits.over("pool")
    waits.lengthen("pool")
    clock.now += 60
    assert waits.over("pool")


def test_names_wait_for_themselves() -> None:
    """One that hangs does not keep another from being asked."""
    waits = Waits(_Clock())
    waits.lengthen("pool")
    assert (waits.over("pool"), waits.over("other"), len(waits)) == (False, True, 1)

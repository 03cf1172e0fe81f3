"""Parts and the page made of them."""

import gzip

import pytest

from exporter.exposition.head import END, Form
from exporter.exposition.keeper import Keeper
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.page import ASKED_SECONDS, KEPT_SECONDS, LIVE_SECONDS, QUIET_SECONDS, RUNS_SECONDS, VIEWS, Page
from exporter.exposition.part import HOST, Part
from exporter.exposition.rows import Rows
from tests.lab.polling import eventually

THING = Metric("libvirt_domain_thing", "gauge", "Thing.", labels=("domain",))
STARTS = Metric("libvirt_domain_starts_total", "counter", "Starts.", labels=("domain",))


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Fixture:
    """A page of the collectors "one" and "two" with a stopped clock."""

    def __init__(self, limit: int = 0) -> None:
        self.clock = Clock()
        self.parts = {
            name: Part((THING, STARTS), phrase="Read every 15s.", series_limit=limit, clock=self.clock)
            for name in ("one", "two")
        }
        known = {"one": True, "two": True, "exporter": True, "off": False}
        self.live = b"libvirt_up 1\n"
        self.lives = 0
        self.runs = b""
        self.tellings: list[frozenset[str] | None] = []
        self.page = Page(self.parts, known, self._write_live, self.clock, self._write_runs)

    def _write_live(self, _form: Form, _names: frozenset[str] | None) -> bytes:
        self.lives += 1
        return self.live

    def _write_runs(self, _form: Form, names: frozenset[str] | None) -> bytes:
        self.tellings.append(names)
        return self.runs

    def put(self, name: str, guest: str, value: int, expires: float = 45.0, feed: int = 0) -> None:
        """Let a collector write about a guest, and show it."""
        rows = Rows()
        rows.add(THING, Labels(THING.labels, (guest,)), value)
        with self.page.writing() as parts:
            parts[name].put(feed, guest, rows, expires)
        self.page.publish(name)

    def text(self, form: Form = "text", *only: str) -> str:
        """The page, of these collectors if any are named."""
        return b"".join(self.page.render(form, gzip=False, collectors=frozenset(only) or None)).decode()


def test_a_family_stands_under_its_head_with_the_phrase_of_its_part() -> None:
    """HELP, TYPE, samples; a family without samples prints nothing."""
    page = Fixture()
    page.put("one", "web", 1)
    assert page.text() == (
        "# HELP libvirt_domain_thing Thing. Read every 15s.\n"
        "# TYPE libvirt_domain_thing gauge\n"
        'libvirt_domain_thing{domain="web"} 1\n'
        "libvirt_up 1\n"
    )


def test_openmetrics_names_counters_without_their_suffix_and_ends_the_page() -> None:
    """As its specification wants."""
    page = Fixture()
    rows = Rows()
    rows.add(STARTS, Labels(STARTS.labels, ("web",)), 3)
    with page.page.writing() as parts:
        parts["one"].put(0, "web", rows, 45)
    page.page.publish("one")
    assert page.text("openmetrics") == (
        "# HELP libvirt_domain_starts Starts. Read every 15s.\n"
        "# TYPE libvirt_domain_starts counter\n"
        'libvirt_domain_starts_total{domain="web"} 3\n'
        "libvirt_up 1\n" + END.decode()
    )


@pytest.mark.parametrize("form", ["text", "openmetrics"])
@pytest.mark.parametrize("only", [None, frozenset({"one"}), frozenset[str]()])
def test_the_compressed_page_is_the_page(form: Form, only: frozenset[str] | None) -> None:
    """Pieces compressed at different times are one gzip member."""
    page = Fixture()
    for number in range(50):
        page.put("one", f"guest-{number}", number)
    page.put("two", "web", 1)
    plain = b"".join(page.page.render(form, gzip=False, collectors=only))
    assert gzip.decompress(b"".join(page.page.render(form, gzip=True, collectors=only))) == plain


def test_no_page_is_older_than_its_parts() -> None:
    """A page that was handed out is put together anew when samples change, or what is of the moment."""
    page = Fixture()
    pages = []
    for value in range(3):
        page.put("one", "web", value)
        pages.append(gzip.decompress(b"".join(page.page.render("text", gzip=True))).decode())
        assert pages[-1] == page.text()
    page.clock.now = LIVE_SECONDS
    page.live = b"libvirt_up 0\n"
    pages.append(gzip.decompress(b"".join(page.page.render("text", gzip=True))).decode())
    assert len(set(pages)) == 4


def test_a_run_replaces_what_it_wrote_before() -> None:
    """Nothing of the run before is left."""
    page = Fixture()
    page.put("one", "web", 1)
    page.text()
    page.put("one", "web", 2)
    assert 'libvirt_domain_thing{domain="web"} 2\n' in page.text()
    assert page.parts["one"].series == 1


def test_feeds_of_a_collector_stand_side_by_side() -> None:
    """What one feed writes about a guest takes nothing of another's."""
    page = Fixture()
    page.put("one", "web", 1, feed=0)
    page.put("one", "db", 2, feed=1)
    assert page.parts["one"].series == 2


def test_what_is_too_old_is_withdrawn_without_a_run() -> None:
    """Keeping the page is enough: no collector needs to come back for that, and no scrape does the work."""
    page = Fixture()
    page.put("one", "web", 1, expires=45)
    page.put("one", "db", 1, expires=90)
    page.put("two", "db", 1, expires=120)
    page.clock.now = 46
    page.page.keep()
    assert 'domain="web"' not in page.text()
    assert page.text().count('domain="db"') == 2
    assert not page.parts["one"].withdrawn
    page.clock.now = 91
    page.page.keep()
    assert page.text().count('domain="db"') == 1
    assert page.parts["one"].withdrawn
    page.clock.now = 121
    page.page.keep()
    assert page.text() == "libvirt_up 1\n"


def test_a_keeper_keeps_its_pages_until_they_are_taken_away() -> None:
    """A thread of its own, so that a page stays true when nothing else runs; one that fails harms no other."""

    class Broken(Page):
        def keep(self) -> None:
            raise ValueError("broken")

    kept, left = Fixture(), Fixture()
    keeper = Keeper()
    keeper.watch(Broken({}, {}, lambda _form, _names: b"", Clock()))
    for page in (kept, left):
        page.put("one", "web", 1, expires=45)
        page.clock.now = 46
        keeper.watch(page.page)
    keeper.unwatch(left.page)
    keeper.start()
    try:
        eventually(lambda: kept.parts["one"].withdrawn, within=10, what="the part withdrawn")
    finally:
        keeper.stop()
    assert not left.parts["one"].withdrawn


def test_what_is_confirmed_stays() -> None:
    """Facts that were not read again because they cannot have changed are as good as new."""
    page = Fixture()
    page.put("one", "web", 1, expires=45)
    with page.page.writing() as parts:
        assert parts["one"].confirm(0, "web", 90)
        assert not parts["one"].confirm(0, "nobody", 90)
    page.page.publish("one")
    page.clock.now = 46
    page.page.keep()
    assert 'domain="web"' in page.text()


def test_what_is_made_of_the_same_is_repeated() -> None:
    """What would be written again as it stands is not; anything else is."""
    page = Fixture()
    part, rows = page.parts["one"], Rows()
    rows.add(THING, Labels(THING.labels, ("web",)), 1)
    part.put(0, "web", rows, 45.0, made_of=(3, "vda"))
    part.put(0, "db", rows, 45.0)
    assert part.repeat(0, "web", 90.0, (3, "vda"))
    assert not part.repeat(0, "web", 120.0, (4, "vda"))
    assert not part.repeat(0, "db", 90.0, (3, "vda"))
    assert not part.repeat(0, "nobody", 90.0, (3, "vda"))
    part.publish()
    page.clock.now = 60.0
    part.publish()
    assert (part.series, part.expires) == (1, 90.0)


def test_a_guest_that_is_gone_leaves_every_part_at_once() -> None:
    """Slow collectors' rows do not wait for their next run."""
    page = Fixture()
    for name in ("one", "two"):
        page.put(name, "web", 1)
        page.put(name, "db", 1)
    page.page.forget({"web"})
    assert 'domain="web"' not in page.text()
    assert page.text().count('domain="db"') == 2


def test_the_limit_of_series_cuts_guests_whole_and_counts_them() -> None:
    """A guest is shown or not; half of one would be a lie."""
    page = Fixture(limit=2)
    for name in ("a", "b", "c"):
        page.put("one", name, 1)
    assert (page.parts["one"].series, page.parts["one"].cut) == (2, 1)
    assert 'domain="c"' not in page.text()


def test_only_the_collectors_asked_for_are_shown() -> None:
    """Whatever else is there, live figures aside, which decide for themselves."""
    page = Fixture()
    page.put("one", "web", 1)
    page.put("two", "db", 1)
    assert 'domain="web"' not in page.text("text", "two")
    assert 'domain="db"' in page.text("text", "two")


def test_figures_of_the_moment_are_written_once_for_a_storm_of_scrapes() -> None:
    """It costs no more than one scrape."""
    page = Fixture()
    for _ in range(20):
        page.text()
    assert page.lives == 1
    page.clock.now = LIVE_SECONDS
    page.text()
    assert page.lives == 2


def test_what_changed_of_the_moment_is_told_at_once() -> None:
    """Nobody waits until the figures of the moment are written anyway."""
    page = Fixture()
    page.text()
    page.live = b"libvirt_up 0\n"
    page.page.outdate()
    assert page.text() == "libvirt_up 0\n"


def test_the_keeper_writes_figures_of_the_moment_before_a_scrape_has_to() -> None:
    """Not each time it looks, but often enough."""
    page = Fixture()
    page.text()
    page.page.keep()
    assert page.lives == 1
    page.clock.now = KEPT_SECONDS
    page.page.keep()
    assert page.lives == 2
    page.clock.now = LIVE_SECONDS
    page.text()
    assert page.lives == 2


def test_figures_about_runs_are_written_when_they_change_and_not_by_a_scrape() -> None:
    """A scrape finds them; those of the moment it writes itself."""
    page = Fixture()
    page.runs = b"runs 1\n"
    assert page.text() == "runs 1\nlibvirt_up 1\n"
    page.runs, page.live, page.clock.now = b"runs 2\n", b"libvirt_up 0\n", 3600.0
    assert page.text() == "runs 1\nlibvirt_up 0\n"
    page.page.tell_runs()
    assert page.text() == "runs 2\nlibvirt_up 0\n"


def test_figures_about_runs_are_written_now_and_then_when_no_run_ends() -> None:
    """Runs that are left out are told, too; not each time the page is kept, and seldom if there was nothing."""
    page = Fixture()
    page.text()
    page.page.keep()
    page.page.keep()
    assert len(page.tellings) == 2  # when the page was first asked for, and when it was first kept
    page.clock.now = RUNS_SECONDS
    page.page.keep()
    assert len(page.tellings) == 2
    page.page.note_run(others=True)
    page.page.keep()
    page.page.keep()
    assert len(page.tellings) == 3
    page.clock.now += QUIET_SECONDS
    page.page.keep()
    assert len(page.tellings) == 4


def test_figures_about_runs_are_written_by_the_last_that_ends_but_not_by_each() -> None:
    """One that ends soon after is told by whoever keeps the page."""
    page = Fixture()
    page.text()
    page.tellings.clear()
    page.clock.now = RUNS_SECONDS
    page.page.note_run(others=True)
    assert not page.tellings
    page.page.note_run(others=False)
    page.page.note_run(others=False)
    assert len(page.tellings) == 1
    page.clock.now += RUNS_SECONDS
    page.page.keep()
    assert len(page.tellings) == 2


def test_a_selection_is_joined_again_when_one_of_its_collectors_ran() -> None:
    """It is kept ready as the whole page is, and says what the whole page says."""
    page = Fixture()
    page.put("one", "web", 1)
    page.put("two", "db", 1)
    assert 'domain="db"} 1\n' in page.text("text", "two")
    page.put("one", "web", 2)
    page.put("two", "db", 2)
    assert 'domain="db"} 2\n' in page.text("text", "two")
    assert 'domain="web"} 2\n' in page.text()


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    """A form that somebody tried once costs nothing for ever."""
    page = Fixture()
    page.text()
    page.text("openmetrics", "two")
    page.clock.now = ASKED_SECONDS
    page.text()
    page.clock.now += 1
    page.page.tell_runs()
    page.tellings.clear()
    page.page.tell_runs()
    assert page.tellings == [None]
    assert "libvirt_up 1\n" in page.text("openmetrics", "two")


def test_only_so_many_selections_are_kept_ready() -> None:
    """Whoever tries one after the other takes no memory; the one not asked for longest goes first."""
    page = Fixture()
    names = [frozenset({f"collector-{number}"}) for number in range(VIEWS)]
    page.text()
    for name in names:
        page.clock.now += 1
        page.text("text", *name)
    page.tellings.clear()
    page.page.tell_runs()
    assert page.tellings == names


def test_an_uncompressed_page_is_handed_out_without_a_copy() -> None:
    """Readers that do not read hold what is there anyway."""
    page = Fixture()
    page.put("one", "web", 1)
    first, second = (page.page.render("text", gzip=False) for _ in range(2))
    assert [id(piece) for piece in first] == [id(piece) for piece in second]


def test_figures_of_the_moment_are_ready_on_a_page_that_is_kept() -> None:
    """A scrape finds what was true when the page was last kept, and writes nothing."""
    page = Fixture()
    page.text()
    page.live, page.clock.now = b"libvirt_up 0\n", 60.0
    page.page.keep()
    page.clock.now += 1
    assert page.text() == "libvirt_up 0\n"
    assert page.lives == 2


def test_a_page_says_which_collectors_are_on() -> None:
    """For `collect[]`, which must know what it may name."""
    assert dict(Fixture().page.collectors()) == {"one": True, "two": True, "exporter": True, "off": False}


def test_the_host_is_a_subject_of_its_own() -> None:
    """No guest can be called so."""
    assert HOST == ""


def test_what_was_left_out_is_told_as_long_as_the_rest_stands() -> None:
    """Another guest that is written, or this one confirmed, does not make the same labels fit twice."""
    page = Fixture()
    rows = Rows()
    for value in (1, 2):
        rows.add(THING, Labels(THING.labels, ("twice",)), value)
    rows.add(STARTS, Labels(STARTS.labels, ("twice",)), -1)
    with page.page.writing() as parts:
        parts["one"].put(0, "twice", rows, 45.0)
    page.put("one", "other", 1)
    part = page.parts["one"]
    part.confirm(0, "twice", 60.0)
    page.page.publish("one")
    assert (part.series, part.duplicates, part.invalid) == (2, 1, 1)
    page.page.forget({"twice"})
    assert (part.series, part.duplicates, part.invalid) == (1, 0, 0)

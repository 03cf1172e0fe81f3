"""Names and colours of what libvirt gives as numbers."""

DOMAIN = {
    0: ("no state", "text"),
    1: ("running", "green"),
    2: ("blocked", "yellow"),
    3: ("paused", "orange"),
    4: ("shutting down", "blue"),
    5: ("shut off", "semi-dark-blue"),
    6: ("crashed", "red"),
    7: ("suspended", "purple"),
}
POOL = {
    0: ("inactive", "orange"),
    1: ("building", "blue"),
    2: ("running", "green"),
    3: ("degraded", "red"),
    4: ("inaccessible", "red"),
}
YES = {0: ("no", "orange"), 1: ("yes", "green")}
UP = {0: ("down", "red"), 1: ("up", "green")}

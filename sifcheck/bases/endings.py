"""When the releases of distributions and languages ended: one dated table."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple

CHECKED = "2026-08-22"
"""The day on which the table was compared with the public list of ends of life.

A rule never asks the clock: a file means the same every day.
"""

LONG_AGO = "2024-10-31"
"""About two years before that: nobody still means to move off what ended by then."""


class Ending(NamedTuple):
    """When the public updates of a release ended, whether its package servers are gone, and what to take instead."""

    day: str
    gone: bool
    successor: str

    @property
    def long_ago(self) -> bool:
        """Whether it is so long ago that nobody still means to move off."""
        return self.day <= LONG_AGO


CODE_NAMES = {
    "lenny": ("debian", "5"), "squeeze": ("debian", "6"), "wheezy": ("debian", "7"), "jessie": ("debian", "8"),
    "stretch": ("debian", "9"), "buster": ("debian", "10"), "bullseye": ("debian", "11"), "bookworm": ("debian", "12"),
    "trixie": ("debian", "13"),
    "lucid": ("ubuntu", "10.04"), "maverick": ("ubuntu", "10.10"), "natty": ("ubuntu", "11.04"),
    "oneiric": ("ubuntu", "11.10"), "precise": ("ubuntu", "12.04"), "quantal": ("ubuntu", "12.10"),
    "raring": ("ubuntu", "13.04"), "saucy": ("ubuntu", "13.10"), "trusty": ("ubuntu", "14.04"),
    "utopic": ("ubuntu", "14.10"), "vivid": ("ubuntu", "15.04"), "wily": ("ubuntu", "15.10"),
    "xenial": ("ubuntu", "16.04"), "yakkety": ("ubuntu", "16.10"), "zesty": ("ubuntu", "17.04"),
    "artful": ("ubuntu", "17.10"), "bionic": ("ubuntu", "18.04"), "cosmic": ("ubuntu", "18.10"),
    "disco": ("ubuntu", "19.04"), "eoan": ("ubuntu", "19.10"), "focal": ("ubuntu", "20.04"),
    "groovy": ("ubuntu", "20.10"), "hirsute": ("ubuntu", "21.04"), "impish": ("ubuntu", "21.10"),
    "jammy": ("ubuntu", "22.04"), "kinetic": ("ubuntu", "22.10"), "lunar": ("ubuntu", "23.04"),
    "mantic": ("ubuntu", "23.10"), "noble": ("ubuntu", "24.04"), "oracular": ("ubuntu", "24.10"),
    "plucky": ("ubuntu", "25.04"),
}  # fmt: skip

_DEBIAN_GONE = "5:2012-02-06 6:2016-02-29 7:2018-05-31 8:2020-06-30 9:2022-06-30 10:2024-06-30"
_UBUNTU_GONE = """
10.04:2015-04-30 10.10:2012-04-10 11.04:2012-10-28 11.10:2013-05-09 12.04:2017-04-28 12.10:2014-05-16 13.04:2014-01-27
13.10:2014-07-17 14.10:2015-07-23 15.04:2016-02-04 15.10:2016-07-28 16.10:2017-07-20 17.04:2018-01-13 17.10:2018-07-19
18.10:2019-07-18 19.04:2020-01-23 19.10:2020-07-17 20.10:2021-07-22 21.04:2022-01-20 21.10:2022-07-14 22.10:2023-07-20
23.04:2024-01-25 23.10:2024-07-11 24.10:2025-07-10 25.04:2026-01-15
"""
_UBUNTU = "14.04:2019-04-25 16.04:2021-04-30 18.04:2023-05-31 20.04:2025-05-31"
_CENTOS = "5:2017-03-31 6:2020-11-30 7:2024-06-30 8:2021-12-31 stream8:2024-05-31"
_FEDORA = """
20:2015-06-23 21:2015-12-01 22:2016-07-19 23:2016-12-20 24:2017-08-08 25:2017-12-12 26:2018-05-29 27:2018-11-30
28:2019-05-28 29:2019-11-26 30:2020-05-26 31:2020-11-24 32:2021-05-25 33:2021-11-30 34:2022-06-07 35:2022-12-13
36:2023-05-16 37:2023-12-05 38:2024-05-21 39:2024-11-26 40:2025-05-13 41:2025-12-15 42:2026-05-27
"""
_ALPINE = """
3.3:2017-11-01 3.4:2018-05-01 3.5:2018-11-01 3.6:2019-05-01 3.7:2019-11-01 3.8:2020-05-01 3.9:2020-11-01 3.10:2021-05-01
3.11:2021-11-01 3.12:2022-05-01 3.13:2022-11-01 3.14:2023-05-01 3.15:2023-11-01 3.16:2024-05-23 3.17:2024-11-22
3.18:2025-05-09 3.19:2025-11-01 3.20:2026-04-01
"""
_LEAP = """
42.1:2017-05-17 42.2:2018-01-26 42.3:2019-07-01 15.0:2019-12-03 15.1:2021-02-02 15.2:2022-01-04 15.3:2022-12-31
15.4:2023-12-07 15.5:2024-12-31 15.6:2026-04-30
"""
_PYTHON = """
2.6:2013-10-29 2.7:2020-01-01 3.2:2016-02-20 3.3:2017-09-29 3.4:2019-03-18 3.5:2020-09-30 3.6:2021-12-23 3.7:2023-06-27
3.8:2024-10-07 3.9:2025-10-31 3.10:2026-10-31
"""

# name, what to take instead, whether the package servers are gone, the releases with the day of their end.
# Sources: the release pages of the distributions (Debian: end of long-term support; Ubuntu: of standard support; the others:
# end of life) and of Python, compared with the list at endoflife.date; that servers are gone: the announcements of the moves
# to vault, archive and old-releases.
_TABLE = (
    ("debian", "debian:12", True, _DEBIAN_GONE),
    ("debian", "debian:12", False, "11:2026-08-31"),
    ("ubuntu", "ubuntu:24.04", True, _UBUNTU_GONE),
    ("ubuntu", "ubuntu:24.04", False, _UBUNTU),
    ("centos", "rockylinux:8", True, _CENTOS),
    ("scientific", "rockylinux:8", False, "6:2020-11-30 7:2024-06-30"),
    ("ubi", "ubi9", False, "7:2024-06-30"),
    ("oracle", "oraclelinux:9", False, "6:2021-03-31 7:2024-12-31"),
    ("amazon", "amazonlinux:2023", False, "1:2023-12-31 2:2026-06-30"),
    ("fedora", "a current Fedora", False, _FEDORA),
    ("alpine", "alpine:3.22", False, _ALPINE),
    ("opensuse", "opensuse/leap:16.0", False, _LEAP),
    ("python", "python:3.12", False, _PYTHON),
)

ENDINGS: dict[tuple[str, str], Ending] = {
    (name, version): Ending(day, gone, successor)
    for name, successor, gone, ends in _TABLE
    for version, day in (end.split(":") for end in ends.split())
}
"""(distribution or language, version) -> when it ended."""

ARCHIVES = {
    "centos": "sed -i -e 's|^mirrorlist=|#mirrorlist=|' "
    "-e 's|^#*baseurl=http://mirror.centos.org|baseurl=http://vault.centos.org|' /etc/yum.repos.d/CentOS-*.repo",
    "debian": "sed -i -E -e 's#(deb|security|httpredir|http)\\.debian\\.(org|net)#archive.debian.org#' "
    "-e '/-updates/d' {lists}",
    "ubuntu": "sed -i -E 's#(archive|security)\\.ubuntu\\.com#old-releases.ubuntu.com#' {lists}",
}
"""The lines that make the package manager of a release whose servers are gone use the distribution's archive."""

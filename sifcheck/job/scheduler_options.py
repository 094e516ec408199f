"""Which options of the batch systems take a value, and the name that each goes by.

Sources: the manual page of sbatch (Slurm 22.05), the description of pjsub in the Fugaku users guide, qsub of POSIX and
of OpenPBS.
"""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple


class Options(NamedTuple):
    """The options of one scheduler.

    `short` maps a letter that takes a value to the option's name, `flags` one that takes none, `long` are the names of
    long options that take a value, `long_flags` of those that take none.  `lists` are the options whose value is a list
    of resources.
    """

    short: dict[str, str]
    flags: dict[str, str]
    long: frozenset[str]
    long_flags: frozenset[str]
    lists: frozenset[str]


SLURM = Options(
    {
        "A": "--account", "a": "--array", "b": "--begin", "B": "--extra-node-info", "c": "--cpus-per-task",
        "C": "--constraint", "d": "--dependency", "D": "--chdir", "e": "--error", "F": "--nodefile", "G": "--gpus",
        "i": "--input", "J": "--job-name", "L": "--licenses", "m": "--distribution", "M": "--clusters", "N": "--nodes",
        "n": "--ntasks", "o": "--output", "p": "--partition", "q": "--qos", "S": "--core-spec", "t": "--time",
        "w": "--nodelist", "x": "--exclude",
    },
    {
        "H": "--hold", "h": "--help", "I": "--immediate", "k": "--no-kill", "O": "--overcommit", "Q": "--quiet",
        "s": "--oversubscribe", "V": "--version", "v": "--verbose", "W": "--wait",
    },
    frozenset(
        "account acctg-freq array batch bb bbf begin bell chdir cluster-constraint clusters comment constraint container "
        "core-spec cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency distribution error "
        "exclude export export-file extra extra-node-info gid gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket "
        "gpus-per-task gres gres-flags hint input job-name licenses mail-type mail-user mcs-label mem mem-bind mem-per-cpu "
        "mem-per-gpu mincpus network nice nodefile nodelist nodes ntasks ntasks-per-core ntasks-per-gpu ntasks-per-node "
        "ntasks-per-socket open-mode output partition power prefer priority profile qos reservation signal sockets-per-node "
        "switches tasks-per-node thread-spec threads-per-core time time-min tmp tres-per-task uid wait-all-nodes wckey wrap"
        .split()
    ),
    frozenset(
        "contiguous exclusive get-user-env help hold ignore-pbs immediate kill-on-invalid-dep no-kill no-requeue overcommit "
        "oversubscribe parsable propagate quiet reboot requeue share spread-job test-only usage use-min-nodes verbose "
        "version wait".split()
    ),
    frozenset(),
)  # fmt: skip

PJM = Options(
    {letter: f"-{letter}" for letter in "LgNoepxzwmT"},
    {letter: f"-{letter}" for letter in "jsSX"},
    frozenset(
        "appname bulk comment err fs group interact llio mail-list mpi name net-route out outproc priority rsc-list sparam "
        "spath step stdin".split()
    ),
    frozenset(
        "all-mount-gfscache at no-check-directory no-check-gfscache norestart no-stging restart stats Stats".split()
    ),
    frozenset(("-L", "-x", "--llio", "--mpi", "--sparam")),
)

PBS = Options(
    {letter: f"-{letter}" for letter in "aAcCdDeJklmMNopPqrStuvwW"},
    {letter: f"-{letter}" for letter in "fhIVXzx"},
    frozenset(),
    frozenset(("version",)),
    frozenset(("-l", "-v", "-W")),
)

TABLES = {"slurm": SLURM, "pjm": PJM, "pbs": PBS}

SAME = {("pjm", "--rsc-list"): "-L", ("pjm", "--group"): "-g", ("pjm", "--name"): "-N"}
"""Long options that have a short name under which all else looks for them."""

"""`sifcheck plan`: what a build will need in each place, against what there is on this machine or at a site."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.app.context import HERE, Context, configuration_of
from sifcheck.app.outcome import EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.app.plan import plan_spec, read_size
from sifcheck.app.reporting import check_outputs, exit_code, report
from sifcheck.base.asking import silent_among
from sifcheck.base.findings import Results
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.plan.planning import BuildRequest

if TYPE_CHECKING:
    from sifcheck.plan.model import Plan

_EPILOG = """SPEC is a definition file, an image, a sandbox folder or an address as docker://...; SIZE is as 500M, 2GiB, 2GB

examples:
  sifcheck plan example.def
  sifcheck plan --site fugaku:compute example.def /vol0004/data/GROUP/example.sif
  sifcheck plan --expect-growth 2G --job-memory 16G example.def
  sifcheck plan --output-format json docker://rockylinux:9.4

exit codes: 0 nothing at or above the fail level, 1 something, 2 the source or a snapshot could not be read, 3 wrong use
or configuration, 4 sifcheck itself failed
"""

_FLAGS = (
    "select extend_select ignore profile min_confidence severity fail_level site site_files host target arch "
    "build_args output_format outputs color quiet"
).split()


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    return _run(given, Context(configuration_of(given, patience=2.0), HERE))


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck plan",
        description="Tell what a build will need in each place, and whether it fits on this machine or at a site.",
        epilog=_EPILOG,
    )
    parser.add_argument("spec", metavar="SPEC", help="what is to be built")
    parser.add_argument("output", metavar="OUTPUT", nargs="?", default="", help="the image to be made")
    build = parser.add_argument_group("the build")
    build.add_argument("--sandbox", "-s", action="store_true", help="a sandbox folder is to be made")
    build.add_argument(
        "--fakeroot", "-f", action="store_true", help="changes no size; taken as `build` takes it"
    )
    build.add_argument("--tmpdir", metavar="DIR", help="the folder for temporary files")
    build.add_argument("--disable-cache", action="store_true", help="layers go to the temporary folder")
    build.add_argument("--mksquashfs-args", metavar="ARGS", help="as for `build`: -mem bounds its memory")
    build.add_argument(
        "--expect-growth", metavar="SIZE", help="what the scripts of the last stage will add to the image"
    )
    build.add_argument("--job-memory", metavar="SIZE", help="the memory of the job that will build")
    build.add_argument("--offline", action="store_true", help="ask no registry")
    add_flags(parser, _FLAGS)
    parser.add_configuration()
    return parser


def _run(given: argparse.Namespace, context: Context) -> int:
    settings = context.settings
    for note in dict.fromkeys(context.configuration.notes):
        tell(note)
    if settings.output_format != "json":
        check_outputs(settings, context.plugins)
    # A site that is not there is told first.
    context.site(settings)
    asked = _asked(given)
    if silent_among([given.spec]):
        return _cannot_be_read(given.spec, "it did not answer within 2 s")
    done = plan_spec(context, asked, offline=given.offline)
    if done.plan is None or done.checker is None:
        return _cannot_be_read(given.spec, done.fault)
    results = Results(done.findings, tuple(done.checker.runner.skipped), 1)
    _report(done.plan, results, context)
    if done.fault:
        return _cannot_be_read(given.spec, done.fault)
    return exit_code(results.findings, settings)


def _cannot_be_read(spec: str, why: str) -> int:
    tell(f"{spec} cannot be read: {why}")
    return EXIT_UNREADABLE


def _asked(given: argparse.Namespace) -> BuildRequest:
    return BuildRequest(
        given.spec,
        given.output or _usual_name(given.spec, sandbox=given.sandbox),
        sandbox=given.sandbox,
        no_cache=given.disable_cache,
        temporary=given.tmpdir,
        squashfs_arguments=given.mksquashfs_args,
        growth=_size(given.expect_growth, "--expect-growth"),
        job_memory=_size(given.job_memory, "--job-memory"),
    )


def _usual_name(spec: str, *, sandbox: bool) -> str:
    """The image that is thought of where none is named, in the folder where the plan is made."""
    name = os.path.basename(spec.rstrip("/")).partition(":")[0].removesuffix(".def").removesuffix(".sif")
    return f"{name or 'image'}{'' if sandbox else '.sif'}"


def _size(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    size = read_size(text)
    if size is None:
        raise UsageError(f"{option}={text}: write a size as 500M, 2GiB or 2GB")
    return size


def _report(plan: Plan, results: Results, context: Context) -> None:
    settings = context.settings
    if settings.output_format == "json":
        from sifcheck.lint.fingerprint import with_fingerprints
        from sifcheck.plan.document import plan_object
        from sifcheck.report.json_document import finding_object, json_text

        findings = [finding_object(finding) for finding in with_fingerprints(results.findings)]
        print_text(json_text(plan_object(plan, findings)), sys.stdout)
        settings = settings._replace(quiet=True, output_format="full")
        if settings.outputs:
            report(results, settings, context.plugins, sys.stdout, face=lambda *_: "")
        return

    def face(color: bool, width: int) -> str:
        from sifcheck.app.plan_text import render_plan

        return render_plan(plan, results.findings, color=color, width=width)

    report(results, settings, context.plugins, sys.stdout, face=face)

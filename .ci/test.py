"""Runs every test runner and prints one count, taken from the runners' own machine-readable reports.

A runner that reports no test at all counts as a failure: silence is not success.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORTS = ROOT / ".build-tests"
SWIFT_FLAGS = shlex.split(os.environ.get("SWIFTFLAGS", "-c release"))


def count(report):
    """(passed, failed, skipped) of a JUnit file, by its test cases. A runner that crashed may leave a part of a file, which counts for nothing."""
    passed = failed = skipped = 0
    try:
        cases = ElementTree.parse(report).getroot()
    except ElementTree.ParseError as error:
        print(f"{report.name} cannot be read: {error}")
        return 0, 0, 0
    for case in cases.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
            reason = case.find("skipped").get("message") or ""
            print(f"skipped: {case.get('name')}: {reason}")
        else:
            passed += 1
    return passed, failed, skipped


def run(name, command, reports, environment=None):
    """Runs one runner; gives (passed, failed). Exit codes count: a runner that fails without a failed case adds one."""
    for report in reports:
        report.unlink(missing_ok=True)
    print(f"== {name}: {shlex.join(map(str, command))}", flush=True)
    start = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}).returncode
    passed = failed = skipped = 0
    for report in reports:
        if report.exists():
            counts = count(report)
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    if status != 0 and failed == 0:
        print(f"{name}: exit status {status} without a failed test")
        failed = 1
    if passed + failed == 0:
        print(f"{name}: no test was reported")
        failed = 1
    print(f"== {name}: {passed} passed, {failed} failed, {skipped} skipped, {time.monotonic() - start:.0f} s", flush=True)
    return passed, failed


def main():
    REPORTS.mkdir(exist_ok=True)
    stage = subprocess.run(["make", "--no-print-directory", "-s", "stage"], cwd=ROOT)
    if stage.returncode != 0:
        print("0 passed, 1 failed")
        return 1
    library = (ROOT / ".build-stage/usr/local/lib/libstableode.so").resolve()
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    runners = [
        # Without testable imports the modules are those that `make build` compiled.
        # SwiftPM writes XCTest's cases into the named file and Swift Testing's beside it.
        ("swift", ["swift", "test", *SWIFT_FLAGS, "--disable-testable-imports", "--xunit-output", str(REPORTS / "swift.xml")],
         [REPORTS / "swift.xml", REPORTS / "swift-swift-testing.xml"], {"SODE_SWEEP": "full"}),
        ("c", [*pytest, "Tests/CInterfaceTests/c", "--junitxml", str(REPORTS / "c.xml")], [REPORTS / "c.xml"], None),
        ("checker", [*pytest, "bindings/checker/tests", "--junitxml", str(REPORTS / "checker.xml")], [REPORTS / "checker.xml"],
         {"STABLEODE_LIBRARY": str(library), "PYTHONPATH": str(ROOT / "bindings/python"), "PYTHONDONTWRITEBYTECODE": "1"}),
        ("python", [*pytest, "bindings/python/tests", "--junitxml", str(REPORTS / "python.xml")], [REPORTS / "python.xml"],
         {"STABLEODE_LIBRARY": str(library), "PYTHONPATH": str(ROOT / "bindings/python"), "PYTHONDONTWRITEBYTECODE": "1"}),
    ]
    chosen = sys.argv[1:]
    unknown = [name for name in chosen if name not in [runner[0] for runner in runners]]
    if unknown:
        sys.exit(f"unknown runner {unknown[0]}; there are: " + ", ".join(runner[0] for runner in runners))
    passed = failed = 0
    for name, command, reports, environment in runners:
        if not chosen or name in chosen:
            counts = run(name, command, reports, environment)
            passed, failed = passed + counts[0], failed + counts[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Very large answers: MixCyfe reads them with little memory, or refuses them before they fill the memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reports.samples import report_of, spec
from widgets.mixpanel.answer import LARGEST_BODY, Unreadable, data_from
from widgets.reports import ReadError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
READ = """
# The libraries are loaded once; then each body is read in a process of its own.
import json, os, sys, time
from datetime import date
from widgets.mixpanel.answer import Unreadable, data_from
from widgets.reports import REPORT_TYPES, ReadError
query = {"report": "segmentation", "event": "e", "type": "general", "on": "x", "limit": 10_000,
            "range": {"kind": "last", "unit": "day", "last": 90, "include_today": False}}

def peak():
    # In megabytes. Not ru_maxrss, because a new process inherits its parent's.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024

for path in map(str.strip, sys.stdin):
    if os.fork():
        os.wait()
        continue
    before, began = peak(), time.process_time()
    try:
        with open(path, "rb") as body:
            report = REPORT_TYPES["segmentation"].read(data_from(body.read()), query, date(2026, 11, 18))
        said = f"read {len(report.series)} {len(report.to_json())}"
    except (Unreadable, ReadError) as error:
        said = str(error)
    print(json.dumps([peak() - before, time.process_time() - began, said]), flush=True)
    os._exit(0)
"""


def values(count, points='{"2026-11-17":1}'):
    return '{"data":{"values":{' + ",".join(f'"value {i}":{points}' for i in range(count)) + "}}}"


DATES = ",".join(f'"2026-{month:02d}-{day:02d}":{day * 1000}' for month in (9, 10) for day in range(1, 31))
BODIES = {
    "labels": (lambda: values(700_000), "is too large. Ask for less"),
    "fewer labels": (lambda: values(190_000), "190,000 labels, and the query asked for 10,000"),
    "keys": (
        lambda: values(1, "{" + ",".join(f'"{i:06x}":{i}.5' for i in range(990_000)) + "}"),
        "a date is missing",
    ),
    "values": (lambda: "[" + "1," * (LARGEST_BODY // 2 - 2) + "1]", "is too large. Ask for less"),
    "wide keys": (
        lambda: values(1, "{" + ",".join(f'"😀{i:x}":0.5' for i in range(990_000)) + "}"),
        "is too large",
    ),
    "less wide keys": (
        lambda: values(1, "{" + ",".join(f'"漢{i:x}":0.5' for i in range(900_000)) + "}"),
        "is too large",
    ),
    "escaped keys": (
        lambda: values(1, "{" + ",".join(f'"\\u6f22{i:x}":0.5' for i in range(990_000)) + "}"),
        "is too large",
    ),
    "one wide key": (
        lambda: values(1, '{"😀":1,' + ",".join(f'"{i:06x}{"k" * 18}":0.5' for i in range(600_000)) + "}"),
        "is too large",
    ),
    "texts": (lambda: '["' + '","'.join(f"{i:x}" for i in range(990_000)) + '"]', "data is missing"),
    "one label": (
        lambda: '{"data":{"values":{"\U0001f600' + "x" * (LARGEST_BODY - 99) + '":{"2026-11-17":1}}}}',
        "read 1",
    ),
    "nothing but nesting": (
        lambda: "[" * (LARGEST_BODY // 2) + "]" * (LARGEST_BODY // 2),
        "is too large. Ask for less",
    ),
    "all that may be asked for": (lambda: values(10_000, "{" + DATES + "}"), "read 10000"),
}
"""Name → (function that makes the body, part of the expected result). Together they have hundreds of megabytes."""


@pytest.fixture(scope="module")
def reader():
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", READ], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.stdin.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="left out: only Linux has /proc/self/status")
@pytest.mark.parametrize("name", BODIES)
def test_it_needs_little_memory_and_time_for_very_large_answers(name, tmp_path, reader):
    make, expected = BODIES[name]
    body = make()
    (tmp_path / "body").write_text(body)
    assert name == "labels" or len(body.encode()) <= LARGEST_BODY
    print(tmp_path / "body", file=reader.stdin, flush=True)
    megabytes, seconds, said = json.loads(reader.stdout.readline())
    (tmp_path / "body").unlink()
    assert expected in said
    assert megabytes < 200
    assert seconds < 5


def test_it_refuses_far_more_labels_than_the_query_asked_for():
    asked = spec("segmentation", breakdown="plan", limit=5, last=1)
    some = {"data": {"values": {f"v{i}": {"2026-11-17": 1} for i in range(15)}}}
    assert len(report_of(asked, some).series) == 15
    some["data"]["values"]["v15"] = {}
    with pytest.raises(ReadError, match="16 labels, and the query asked for 5"):
        report_of(asked, some)
    top = {"events": [{"event": f"e{i}", "amount": 1} for i in range(200)]}
    with pytest.raises(ReadError, match="200 labels, and the query asked for 60"):
        report_of(spec("top_events"), top)
    funnel = {"data": {"2026-11-17": {f"v{i}": [{"count": 1}] for i in range(200)}}}
    with pytest.raises(ReadError, match="200 labels, and the query asked for 60"):
        report_of(spec("funnel", breakdown="plan", chart="line"), funnel)


def test_it_refuses_more_values_than_a_report_can_have():
    asked = spec("segmentation", breakdown="plan", limit=10_000, last=101)
    sparse = {"data": {"values": {f"v{i}": {} for i in range(10_000)}}}
    with pytest.raises(ReadError, match="10,000 labels with 101 values each"):
        report_of(asked, sparse)
    saved = {
        "series": {f"m{i}": {f"2026-{m:02d}-{d:02d}": 1 for m in (1, 3, 5) for d in range(1, 31)} for i in range(9000)}
    }
    with pytest.raises(ReadError, match="too large"):
        report_of(spec("saved_report"), saved)


def saved(metric, **more):
    return report_of(spec("saved_report"), {"series": metric, **more})


def by_value(count, of):
    return {f"v{i}": of for i in range(count)}


ONE = {"all": 1}
COHORT = {"2026-11-01": {"first": 5, "counts": [5]}}
MANY = {
    "numbers": (by_value(20_001, ONE), {}),
    "numbers by value": ({"m": by_value(20_001, ONE)}, {}),
    "retention": ({"m": by_value(10_001, COHORT)}, {}),
    "cohorts": ({"m": {f"{1000 + i // 28 // 12}-{i // 28 % 12 + 1:02d}-{i % 28 + 1:02d}": COHORT["2026-11-01"]
                       for i in range(20_001)}}, {}),
    "funnels": ({"m": by_value(20_001, {"count": {"1. A": ONE}, "step_conv_ratio": {}})}, {}),
    "steps": ({"m": {"count": by_value(20_001, ONE), "step_conv_ratio": {}}}, {}),
    "the period before": ({"m": ONE}, {"time_comparison": {"series": by_value(20_001, ONE)}}),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_it_refuses_a_saved_report_with_more_than_20_000_labels_steps_or_dates(name):
    series, more = MANY[name]
    with pytest.raises(ReadError, match=r"too large: .* at most 20,000 labels"):
        saved(series, **more)


def test_it_reads_a_saved_report_with_20_000_labels():
    assert len(saved(by_value(20_000, ONE)).series) == 20_000
    assert len(saved({"m": by_value(10_000, COHORT)}).series) == 20_000
    assert len(saved({"m": by_value(20_000, {"count": {"1. A": ONE}, "step_conv_ratio": {}})}).series) == 20_000


def test_the_size_of_a_funnel_is_labels_times_steps_times_dates():
    asked = spec("funnel", breakdown="plan", limit=10_000, last=30, chart="line")
    some = {f"v{i}": [{"count": 1}] * 20 for i in range(1600)}
    assert len(report_of(asked, {"data": {"2026-11-17": some}}).series) == 32_000
    some |= {f"w{i}": [{"count": 1}] * 20 for i in range(67)}
    with pytest.raises(ReadError, match="1,667 labels with 600 values each"):
        report_of(asked, {"data": {"2026-11-17": some}})


def test_it_limits_the_cells_of_a_saved_funnel_and_of_saved_retention():
    steps = {f"{i}. A": ONE for i in range(1, 102)}
    with pytest.raises(ReadError, match="10,000 labels with 101 values each"):
        saved({"m": by_value(10_000, {"count": steps, "step_conv_ratio": {}})})
    cohort = {"first": 1, "counts": [1] * 300}
    cohorts = {f"2026-{month:02d}-{day:02d}": cohort for month in (9, 10) for day in range(1, 31)}
    with pytest.raises(ReadError, match="16,856 labels with 60 values each"):
        saved({"m": by_value(56, cohorts)})


def test_answers_that_are_nested_too_deep_are_refused():
    for depth in (101, 900, 5000, 150_000):
        with pytest.raises(Unreadable, match=r"nested too deep|it is not JSON|too large"):
            data_from(b'{"a":' * depth + b"1" + b"}" * depth)

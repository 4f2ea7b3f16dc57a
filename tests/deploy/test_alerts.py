"""Tests deploy/prometheus-alerts.yml and one query of the Grafana dashboard with Prometheus' own promtool."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.proxy import DEPLOY

PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="left out: promtool is not installed")


def promtool(*arguments: str) -> None:
    done = subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should() -> None:
    promtool("test", "rules", str(Path(__file__).with_name("alerts.test.yml")))


def test_the_dashboard_shows_a_host_that_is_down(tmp_path: Path) -> None:
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    (hosts,) = [panel["targets"][0]["expr"] for panel in panels if panel["title"] == "Hosts"]
    series = ['up{job="mixcyfe", instance="a"}', 'up{job="mixcyfe", instance="b"}', 'mixcyfe_info{instance="b"}']
    values = [{"series": name, "values": given} for name, given in zip(series, ("1 1", "1 0", "1 stale"), strict=True)]
    expected = [{"labels": name, "value": up} for name, up in zip(series, (1, 0), strict=False)]
    shown = {"expr": hosts, "eval_time": "1m", "exp_samples": expected}
    file = tmp_path / "hosts.yml"
    file.write_text(json.dumps({"tests": [{"interval": "1m", "input_series": values, "promql_expr_test": [shown]}]}))
    promtool("test", "rules", str(file))

"""The demo's project and widgets in the import format: one widget per chart type."""

from typing import Any

from fake_mixpanel.dataset import SIGNUP_FUNNEL
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.saved_reports import BREAKDOWN_REPORT

PROJECT = "Acme (demo)"


def dashboard() -> dict[str, Any]:
    return {"projects": [project()], "widgets": [{"project": PROJECT, **widget} for widget in widgets()]}


def project() -> dict[str, Any]:
    return {
        "name": PROJECT,
        "project_id": DEMO_PROJECT_ID,
        "region": "us",
        "timezone": "US/Pacific",
        "auth": "service_account",
        "username": DEMO_USERNAME,
        "secret": DEMO_SECRET,
    }


def widgets() -> list[dict[str, Any]]:
    by_plan = {"report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}
    by_country = {"report": "segmentation", "events": ["Signed up"], "breakdown": "mp_country_code"}
    two_events = {"report": "events", "events": ["Signed up", "Logged in"]}
    orders = {"report": "sum", "events": ["Order completed"], "property": "amount"}
    return [
        {"title": "Signups by plan", **by_plan, "chart": "line"},
        {"title": "Logins, smoothed", "report": "events", "events": ["Logged in"], "chart": "spline"},
        {"title": "Signups", "report": "events", "events": ["Signed up"], "chart": "area"},
        {
            "title": "Average order",
            "report": "average",
            "events": ["Order completed"],
            "property": "amount",
            "chart": "areaspline",
        },
        {"title": "Signups by country, stacked", **by_country, "chart": "stackedarea", "top": 5, "other": True},
        {"title": "Sales by week", **orders, "chart": "column", "unit": "week", "last": 8},
        {"title": "Signups by plan, columns", **by_plan, "chart": "stackedcolumn", "last": 14},
        {"title": "Share of plans", **by_plan, "chart": "stackedpercentagecolumn", "last": 14},
        {"title": "Signups and logins, last week", **two_events, "chart": "bar", "range": "last_week"},
        {"title": "Plans, last week", **by_plan, "chart": "stackedbar", "range": "last_week"},
        {"title": "Plans this month", **by_plan, "chart": "pie", "range": "month_to_date"},
        {"title": "Unique signups by plan", **by_plan, "measure": "unique", "chart": "donut"},
        {"title": "From visit to paid", "report": "funnel", "funnel": SIGNUP_FUNNEL, "chart": "funnel"},
        {"title": "Top countries", **by_country, "chart": "list", "top": 10},
        {"title": "A saved report", "report": "saved_report", "saved_report": BREAKDOWN_REPORT, "chart": "table"},
        {
            "title": "Signups, last 7 days",
            "report": "events",
            "events": ["Signed up"],
            "chart": "number",
            "last": 7,
            "options": {"comparison": True},
        },
        {
            "title": "Sales target",
            **orders,
            "chart": "gauge",
            "range": "month_to_date",
            "target": 250000,
        },
        {
            "title": "Who comes back",
            "report": "retention",
            "born_event": "Signed up",
            "events": ["Logged in"],
            "chart": "cohort",
            "last": 10,
            "options": {"percent": True},
        },
        {"title": "Signups on the map", **by_country, "chart": "map"},
    ]

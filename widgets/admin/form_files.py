"""The style sheets and scripts of the widget's form: only the needed ones, because each file makes the page slower."""

from django import forms

MEDIA = forms.Media(
    css={
        "all": (
            "admin/css/widgets.css",
            "admin/css/vendor/select2/select2.min.css",
            "admin/css/autocomplete.css",
            "widgets/charts/chart.css",
            "widgets/form/form.css",
        )
    },
    js=(
        "admin/js/vendor/jquery/jquery.min.js",
        "admin/js/vendor/select2/select2.full.min.js",
        "admin/js/jquery.init.js",
        "admin/js/admin/RelatedObjectLookups.js",
    ),
)
"""`WidgetAdmin.media` has more files, which the form does not need.

Django's `forms.css` imports `widgets.css`, but browsers load imports late, so the page also links to `widgets.css`.
"""

MODULES = [f"widgets/form/{name}.js" for name in ("form", "page", "fields", "picker", "rows", "preview", "draft")]
"""The first module imports the others. The page links to all modules, so the browser loads them at the same time."""

CHART_MODULES = [f"widgets/charts/{name}.js" for name in ("chart", "drawing", "tables", "words")]

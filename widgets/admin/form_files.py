"""The style sheets and scripts of the widget's form. The list is short, because each file takes time to load."""

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
"""Django's default list for a form has nine more files.

`widgets.css` is listed, because otherwise the browser finds it only after it has loaded `forms.css`, which imports it.
"""

MODULES = [f"widgets/form/{name}.js" for name in ("form", "page", "fields", "picker", "metrics", "preview", "draft")]
"""The script modules of the form.

`form` imports the other modules. The page lists all of them, so that the browser loads them in parallel.
"""

CHART_MODULES = [f"widgets/charts/{name}.js" for name in ("chart", "drawing", "tables", "words")]

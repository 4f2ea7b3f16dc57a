"""The style sheets and scripts of the widget's form: only those that it uses, because each file costs a round trip."""

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
"""Django's own list for a form has nine more files. A link loads `widgets.css` early: `forms.css` imports it late."""

MODULES = [f"widgets/form/{name}.js" for name in ("form", "page", "fields", "picker", "metrics", "preview", "draft")]
"""The page names all modules, so that the browser fetches them at once. The first one imports the others."""

CHART_MODULES = [f"widgets/charts/{name}.js" for name in ("chart", "drawing", "tables", "words")]

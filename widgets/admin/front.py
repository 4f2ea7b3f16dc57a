"""The admin's first page, and what the site is called on all of them."""

from django.contrib import admin

admin.site.site_header = admin.site.site_title = "MixCyfe"
admin.site.index_title = "From Mixpanel to Cyfe"
admin.site.index_template = "widgets/admin_index.html"

# An image of MixCyfe with the packages for PostgreSQL and Celery. docs/containers.md explains how to run the image.
FROM python:3.11-slim-bookworm AS packages
COPY requirements-cluster.lock /
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements-cluster.lock

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 mixcyfe \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin mixcyfe \
 && install -d -o mixcyfe -g mixcyfe -m 0700 /var/lib/mixcyfe
COPY --from=packages /venv /venv
WORKDIR /srv/mixcyfe
COPY manage.py ./
COPY pyproject.toml ./
COPY mixcyfe_site mixcyfe_site
COPY widgets widgets
COPY fake_mixpanel fake_mixpanel
RUN /venv/bin/python -m compileall -q /srv/mixcyfe
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////var/lib/mixcyfe/db.sqlite3
# The user is a number, so that Kubernetes can check that the user is not root.
USER 10001:10001
VOLUME /var/lib/mixcyfe
EXPOSE 8000
# The health check must ignore a proxy that http_proxy names.
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
  CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=8)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]

# Build: docker build -t karvan .        Run: docker run -p 8080:8080 -v karvan:/data karvan
# The volume has everything that is kept, the configuration as well: the first start puts the sample's there, as
# /data/config.toml. To bring one of your own, mount its folder (it is replaced by renaming) and set KARVAN_CONFIG.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements-run.lock ./
RUN python -m venv /opt/karvan \
 && /opt/karvan/bin/pip install --no-cache-dir --require-hashes -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY feeds feeds
COPY translators translators
COPY server server
RUN /opt/karvan/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data karvan && install -d -o karvan -m 700 /data
COPY --from=build /opt/karvan /opt/karvan
COPY config.toml /etc/karvan/config.toml
ENV PATH=/opt/karvan/bin:$PATH KARVAN_CONFIG=/data/config.toml KARVAN_DATA=/data KARVAN_SERVER__HOST=0.0.0.0
USER karvan
VOLUME /data
EXPOSE 8080
HEALTHCHECK CMD python -c "import os, pathlib, urllib.request; from server.configfile import load_config; \
 port = load_config(pathlib.Path(os.environ['KARVAN_CONFIG'])).server.port; \
 urllib.request.urlopen(f'http://127.0.0.1:{port}/readyz', timeout=3)"
CMD ["sh", "-c", "{ test -e \"$KARVAN_CONFIG\" || cp /etc/karvan/config.toml \"$KARVAN_CONFIG\"; } && \
karvan languages install starter && exec karvan serve"]

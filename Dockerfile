# Build: docker build -t karvan .        Run: docker run -p 8080:8080 -v karvan:/data karvan
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/karvan \
 && /opt/karvan/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY feeds feeds
COPY translators translators
COPY server server
RUN /opt/karvan/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data karvan && install -d -o karvan /data
COPY --from=build /opt/karvan /opt/karvan
COPY config.toml /etc/karvan/config.toml
ENV PATH=/opt/karvan/bin:$PATH KARVAN_CONFIG=/etc/karvan/config.toml KARVAN_DATA=/data KARVAN_SERVER__HOST=0.0.0.0
USER karvan
VOLUME /data
EXPOSE 8080
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=3)"
CMD ["sh", "-c", "karvan languages install starter && exec karvan serve"]

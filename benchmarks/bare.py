"""The least that a push can cost: an aiohttp handler that appends the body to a file, fsyncs, and answers 201.

python benchmarks/bare.py PORT FILE
"""

import os
import sys

from aiohttp import web


def make_app(path: str) -> web.Application:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def put(request: web.Request) -> web.Response:
        os.write(file, await request.read())
        os.fsync(file)
        return web.json_response({"created": True}, status=201)

    app = web.Application()
    app.router.add_put("/{path:.*}", put)
    return app


if __name__ == "__main__":
    web.run_app(make_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)

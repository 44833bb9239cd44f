"""The API as it is described: declared beside each handler, checked by it, told at /openapi.json and /docs.

openapi     groups of routes → the OpenAPI document
calls       one of them → an operation of it
components  what many of them share
operations  what a call takes and what it may answer; the decorator of handlers
parts       what stands in addresses: {outlet}, {item} …
shapes/     what JSON answers hold
schemas     what no model of ours checks: problems, ninjs, headers
expected    a schema in words: what a refusal says was expected
"""

"""What JSON answers hold, as types: what mypy checks the handlers against is what /openapi.json says.

articles     pushes, translation sets, history, receipts
newsrooms    channels, changes, subscriptions, balances
search       what is found
desk         what is held, verdicts
media        uploads
credentials  keys, invitations, the audit log
words        memory and glossary
routing      the configuration: versions, proposals, previews, explanations
sources      feeds that are read
"""

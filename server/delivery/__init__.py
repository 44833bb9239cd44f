"""What changed is brought to those who asked for it. One line a module, from above.

verification  asks WebSub subscribers whether they agree; hub: what may be asked of it (pure)
bringing      the parcels of one subscription, over HTTP or by spool: files in a folder
attempts      headers of what is brought, and what an answer means (pure)
shipments     to a destination, item by item; parcels: what changed after the cursor
housekeeping  leases, heartbeats, notices, the destinations of the config, what is old enough to be forgotten
receipts      who has what of an article
endings       a subscription ends: what it has not got is a dead letter; revived by retrying
post          what deliveries are made with; gates: how many requests a host gets
"""

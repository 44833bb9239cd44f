"""The running process. One line a module, from the door inwards; imports point down this list only.

__main__      the `karvan` command line; commands/ what it can do, a file a group
sample/       the sample that `make run` shows
app           make_app(config, data, …): the only place where parts meet
backups/      one file of all that is kept, made and brought back
routes        the whole HTTP surface, one list: method, path, handler, what the caller needs
refusals      what went wrong → an answer; the outermost middleware
worker        job kind → step: the pipeline told in order; upkeep: what is looked after besides
admin/        what admins do in a browser: pages over what the handlers answer
handlers/     request → call → response: pushes, articles (looked up), channels (feeds), health
pages/        what people look at: templates, five languages, views
access        key → outlet, subscriber or admin; what each may call
desk          what is held and why; what an editor says of it
lines         a body of many lines, read to its end before anything is done with it
requests      request → what is asked, checked by the model that documents it
responses     values → HTTP responses: validators, encodings
sets          a translation set as the API shows it, to each reader what they may see
showing       who may see a file of an uploaded picture
counting      what is asked of the server is counted, for whoever watches it
keys          typed keys of app and request: all that a handler may reach
dispatch      brings what is due: fan-out, a task for each delivery
reloading/    the configuration file has changed: in force as a whole, or refused; proposals of one admin to another
polling/      sources: feeds that are read
delivery/     WebSub, destinations, receipts
intake        what outlets hand in, taken whole, in one transaction
renditions    what becomes of an uploaded picture; files that nobody needs go
preview/      what another routing would have done
whereabouts   why something is or is not in a place, gate by gate
changes       what changed in feeds, in order, as a reader may know it; archives: a feed's older pages
stock         what stands in a feed now, of kept entries and the store
holding       articles that routes hold as a whole, until an editor releases them
consequences  what follows from a change of an article, in the same transaction; decisions: as it is stored → Decision
searching/    full text: the index of what stands somewhere, and who finds what in it
ingest        a document from outside → stored version; safe against order and repetition
translation/  article → parallel versions: which source, which engine, what is held; memory and glossary
publishing    channel → Feed → Document; entries: one article → Entry, site: under which addresses
client/       pushes files to a server: `karvan push` and the sample
gauges        how the database stands, read off when somebody looks; all numbers as Prometheus takes them
versioning    which version is newer, and whether a caller has seen it (pure)
placing/      decision + texts → where the article stands
texts         one language of an article as readers get it (pure)
serving/      ready bytes and how they are sent: feed cache, encodings, fast path
media/        uploaded pictures
runner        takes jobs from the queue and has them done
credentials   keys and invitations: made, rotated, revoked, exchanged; keyring: those looked up a moment ago
quotas        how much owners of keys may use
obligations   what members of exchanges owe: counted, and told when it was missed
audit         who has changed what, written with the change
lookout       watches the order of changes for all who wait
filters       ?outlet= &country= &subject= &origin= of a feed's address
losses        who may not read any more what they could: they are told, and nobody else
visibility    may this reader see this article now (pure); the one gate
configfile/   config.toml + environment → frozen Config, or where and why not; which one is in force
routing/      article × routing config → destinations, and why (pure)
jobs          the durable queue: enqueue, claim, retry, give up
outbound      the only HTTP client; addresses: which ones the server may reach (pure)
store/        SQL and nothing else, a file an entity
api/          the API as it is described: what calls take and answer, and the OpenAPI document of it
signing       X-Hub-Signature, RFC 9421, RFC 9530 (pure)
mediatopics   IPTC Media Topics: ancestors, names
folders       made so that nobody else on the machine may look into them
logs          what the log looks like: text or JSON
metrics       the instruments that count while the process works
problems      what can go wrong, as a caller sees it
config/       what can be set, and its defaults
"""

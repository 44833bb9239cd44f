"""The running process. One line a module, from the door inwards; imports point down this list only.

__main__      the `karvan` command line; commands/ what it can do, a file a group
sample/       the sample that `make run` shows
app           make_app(config, data, …): the only place where parts meet
routes        the whole HTTP surface, one list: method, path, handler, what the caller needs
refusals      what went wrong → an answer; the outermost middleware
worker        job kind → step: the pipeline told in order
handlers/     request → call → response: pushes, articles (looked up), channels (feeds), health
pages/        what people look at: templates, five languages, views
access        key → outlet, subscriber or admin; what each may call
responses     values → HTTP responses: validators, encodings
sets          a translation set as the API shows it, to each reader what they may see
desk          what is held and why; what an editor says of it
showing       who may see a file of an uploaded picture
keys          typed keys of app and request: all that a handler may reach
intake        what outlets hand in, taken whole, in one transaction
renditions    what becomes of an uploaded picture; files that nobody needs go
learning      what people's parallel versions teach: which sentence stands for which
archives      a feed's older pages
changes       what changed in feeds, in order, as a reader may know it
preview       what another routing would have done (pure), by comparison of the two; whereabouts: why something is or
              is not in a place, gate by gate
consequences  what follows from a change of an article, in the same transaction
dispatch      brings what is due: fan-out, a task for each delivery; bringing: the parcels of one subscription
parcels       what is brought to whom: what changed after the cursor; shipments: to a destination, item by item
delivery      headers of what is brought, and what an answer means (pure)
reloading     the configuration file has changed: in force as a whole, or refused; resettling: what that decides
polling       reads sources; fetching: a feed, politely; harvest: what stands in them (pure)
takeover      stores that; adoption: one text of it
verification  asks WebSub subscribers whether they agree; hub: what may be asked of it (pure); spool: files in a folder
housekeeping  leases, heartbeats, notices, the destinations of the config; receipts: who has what of an article
post          what deliveries are made with; gates: how many requests a host gets
ingest        a document from outside → stored version; safe against order and repetition
translation   article → parallel versions: which source, which engine, what is held
legs          one direction of a translation's way: memory, engine, glossary
remembering   sentences that were translated before; suggestions: what comes near one; memory_files: TMX
glossary      the glossaries in force; glossary_files: TSV, TBX
publishing    channel → Feed → Document
client        pushes files to a server: `karvan push` and the sample
versioning    which version is newer, and whether a caller has seen it (pure)
placing       decision + texts → where the article stands
texts         one language of an article as readers get it (pure)
documents     files → documents to push; frontmatter: their heads
runner        takes jobs from the queue and has them done
darkroom      has renditions made by pictures, a process of its own with bounds
media         uploaded pictures in articles (pure); media_files: the files
keyring       keys that were looked up a moment ago
quotas        how much owners of keys may use
credentials   keys and invitations: made, rotated, revoked, exchanged
audit         who has changed what, written with the change
lookout       watches the order of changes for all who wait
fastpath      hot feeds, answered from ready bytes before aiohttp parses anything
hotfeeds      what stands at the addresses of hot feeds, ready to be sent
negotiation   which encoding of a document, or that the reader has it (pure)
feedcache     rendered feeds while nothing in them changes
encodings     a document as gzip, br, zstd: made anew in a moment when one entry has changed (pure)
balance       who gave and took how much in an exchange (pure)
decisions     article as it is stored → Decision; explaining: every route's reasons (pure)
routing       article × routing config → destinations (pure)
visibility    may this reader see this article now (pure); the one gate
engines       the engines that the configuration names, each for its directions
filters       ?outlet= &country= &subject= &origin= of a feed's address
jobs          the durable queue: enqueue, claim, retry, give up
outbound      the only HTTP client
store/        SQL and nothing else, a file an entity
mediatopics   IPTC Media Topics: ancestors, names
problems      what can go wrong, as a caller sees it
configfile    config.toml + environment → frozen Config, or where and why not; live: which one is in force
routingfile   the routing part of its text: cut out, put back (pure)
conditions    When × Facts → does it hold, and why (pure); atoms: its fields as questions; facts: what they ask
words         how words are found in texts (pure); clocks: hours, days, embargoes of time zones
program       routes of a Config, compiled (pure)
rights        what may be done with an article, and who may see it (pure); odrl: RightsML
contradictions  where the parts of a Config do not fit together (pure); route_contradictions: its routing
reachability  routes that no article reaches (pure)
signing       X-Hub-Signature, RFC 9421, RFC 9530 (pure)
addresses     which addresses the server may reach (pure)
config        what can be set, and its defaults; rules: its routing; options: what options are made of
"""

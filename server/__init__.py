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
keys          typed keys of app and request: all that a handler may reach
intake        what outlets hand in, taken whole, in one transaction
consequences  what follows from a change of an article, in the same transaction
ingest        a document from outside → stored version; safe against order and repetition
translation   article → parallel versions: which source, which engine, what is held
publishing    channel → Feed → Document
client        pushes files to a server: `karvan push` and the sample
versioning    which version is newer, and whether a caller has seen it (pure)
placing       decision + texts → where the article stands
documents     files → documents to push; frontmatter: their heads
runner        takes jobs from the queue and has them done
keyring       keys that were looked up a moment ago
feedcache     rendered feeds while nothing in them changes
routing       article × routing config → destinations and why (pure)
visibility    may this reader see this article now (pure); the one gate
jobs          the durable queue: enqueue, claim, retry, give up
outbound      the only HTTP client
store/        SQL and nothing else, a file an entity
mediatopics   IPTC Media Topics: ancestors, names
problems      what can go wrong, as a caller sees it
configfile    config.toml + environment → frozen Config, or where and why not
contradictions  where the parts of a Config do not fit together (pure)
config        what can be set, and its defaults
"""

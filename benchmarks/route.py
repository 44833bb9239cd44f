"""How long a routing decision takes: 200 outlets × 20 rules, articles in five languages.

python benchmarks/route.py [--outlets 200] [--rules 20] [--articles 2000] [--rounds 5]

Every outlet has 20 rules of its own, each with two to five conditions of all kinds, some combined with any and not,
some about the text in a language; 4,000 rules in all. What is timed for each article is all that a push needs: facts
(folded texts, topics with ancestors, rights, glossary) and decision; of several rounds the fastest of each article,
so that other work on the machine is left out.
"""

import argparse
import random
import time
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from feeds.model import Article, Picture, Rendition, Subject
from server.config import Config
from server.configfile.contradictions import find_contradictions
from server.routing import decide
from server.routing.explaining import explain_decision
from server.routing.facts import Target, make_facts
from server.routing.program import get_program
from translators.glossary import load_default

LANGUAGES = ("az", "en", "ru", "tr", "zh")
COUNTRIES = ("AZ", "TR", "KZ", "CN", "GE", "UZ", "KG", "TM", "HU", "US")
TOPICS = tuple(f"medtop:{number:02d}000000" for number in range(1, 18))
BELOW = ("medtop:20000349", "medtop:20000170", "medtop:20000385", "medtop:20000651", "medtop:20000822")
WORDS = ("oil", "нефть", "Bakı", "köprü", "水位", "gas", "talks", "summit", "выборы", "bərpa")
START = datetime(2026, 11, 26, tzinfo=UTC)


def make_config(outlets: int, rules: int, chance: random.Random) -> Config:
    names = [f"outlet-{number}" for number in range(outlets)]
    exchanges = {
        f"exchange-{number}": {"name": "E", "members": names[number::10], "languages": list(LANGUAGES)}
        for number in range(10)
    }
    channels = {f"channel-{number}": {"title": {"en": "C"}} for number in range(20)}
    channels |= {
        f"inner-{number}": {"title": {"en": "I"}, "access": "members", "exchange": f"exchange-{number}"}
        for number in range(10)
    }
    return Config.model_validate({
        "languages": {"configured": list(LANGUAGES)},
        "outlets": {
            name: {"name": name, "country": COUNTRIES[number % len(COUNTRIES)]} for number, name in enumerate(names)
        },
        "exchanges": exchanges,
        "channels": channels,
        "conditions": {"night": {"time": {"from": "22:00", "to": "06:00", "zone": "Asia/Baku"}}},
        "routes": [
            {
                "name": f"{name} {number}",
                "when": {"outlet": name} | make_condition(chance),
                "to": chance.sample(sorted(channels), 2),
                "machine": chance.choice(("publish", "publish", "hold")),
            }
            for name in names
            for number in range(rules)
        ],
    })  # fmt: skip


def make_condition(chance: random.Random) -> dict[str, object]:
    fields = {
        "language": [chance.choice(LANGUAGES), chance.choice(LANGUAGES)],
        "subject": chance.sample((*TOPICS, *BELOW), 3),
        "keyword": chance.sample(WORDS, 2),
        "text": chance.sample(WORDS, 2),
        "place": ["Bakı", "Ankara"],
        "urgency": "1-4",
        "ed_note": ["correct*"],
        "words": {"min": 20},
        "has_pictures": True,
        "permits": "translate",
        "any": [{"named": "night"}, {"subject": [chance.choice(TOPICS)]}],
        "not": {"urgency": [9], "genre": ["Opinion"]},
    }
    picked = {name: fields[name] for name in chance.sample(sorted(fields), chance.randint(1, 3))}
    if chance.random() < 0.2:
        picked |= {"held": False, "origin": ["source", "outlet", "machine"]}
    return picked


def make_article(chance: random.Random, config: Config) -> tuple[Article, str]:
    language = chance.choice(LANGUAGES)
    body = "".join(f"<p>{' '.join(chance.choices(WORDS, k=40))}</p>" for _ in range(8))
    picture = Picture(name="p", renditions=(Rendition(href="https://x.example/p.jpg"),))
    article = Article(
        language=language,
        headline=" ".join(chance.choices(WORDS, k=8)),
        description=" ".join(chance.choices(WORDS, k=20)),
        body=body,
        located=chance.choice(("Bakı", "Berlin", "")),
        subjects=tuple(Subject(name="t", code=code) for code in chance.sample((*TOPICS, *BELOW), 2)),
        genres=chance.choice(((), ("Opinion",))),
        urgency=chance.choice((None, 1, 3, 5)),
        ed_note=chance.choice(("", "Corrects the name")),
        pictures=chance.choice(((), (picture,))),
    )
    return article, chance.choice(sorted(config.outlets))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outlets", type=int, default=200)
    parser.add_argument("--rules", type=int, default=20)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    chance = random.Random(26)
    config = make_config(args.outlets, args.rules, chance)
    started = time.process_time()
    faults = list(find_contradictions(config))
    checked = time.process_time() - started
    texts = {language: Target(language, "machine", "fresh", "draft", held=False) for language in LANGUAGES}
    glossary = load_default()
    articles = [(*make_article(chance, config), START + timedelta(seconds=43 * n)) for n in range(args.articles)]
    fastest = [float("inf")] * len(articles)
    for number in range(args.rounds + 1):
        times, places = [], 0
        for article, outlet, pushed_at in articles:
            began = time.perf_counter()
            facts = make_facts(article, outlet, config, pushed_at=pushed_at, glossary=glossary)
            decision = decide(facts, config, texts)
            times.append((time.perf_counter() - began) * 1e3)
            places += len(decision.destinations)
        if number == 0:
            print(f"first round, with compilation: {sum(times) / 1e3:.2f} s")
            print(f"places an article: {places / len(articles):.0f}")
        else:
            fastest = list(map(min, fastest, times))
    print(f"a decision: median {median(fastest):.3f} ms, p99 {quantiles(fastest, n=100)[98]:.3f} ms")
    asked = [len(get_program(config).pick(make_facts(one, outlet, config))) for one, outlet, _ in articles]
    facts = [make_facts(one, outlet, config, pushed_at=at, glossary=glossary) for one, outlet, at in articles[:10]]
    began = time.perf_counter()
    for one in facts:
        explain_decision(one, config, texts)
    print(f"routes asked per article: {median(asked):.0f} of {len(config.routes)}")
    print(f"explanation of all {len(config.routes)} routes: {(time.perf_counter() - began) / len(facts) * 1e3:.1f} ms")
    print(f"check for contradictions: {checked:.2f} s of CPU, {len(faults)} found")


if __name__ == "__main__":
    main()

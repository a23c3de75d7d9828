"""Writes the example's questions: `tasks/general.jsonl`, a few hundred with four choices each, and
`data/capitals.jsonl`, a few dozen that are answered with a sentence.

Facts stand in the tables below, sums are worked out; wrong choices are other answers of the same
table, so that a guess is right one time in four. The same seed writes the same file, byte by byte.
"""

import json
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEED = 20261122
CHOICES = 4


def pairs(text):
    """`a: b, c: d` as pairs."""
    return [tuple(part.strip().split(": ")) for part in " ".join(text.split()).split(",")]


CAPITALS = pairs("""
Argentina: Buenos Aires, Australia: Canberra, Austria: Vienna, Belgium: Brussels, Bolivia: Sucre,
Brazil: Brasilia, Bulgaria: Sofia, Canada: Ottawa, Chile: Santiago, China: Beijing,
Colombia: Bogota, Croatia: Zagreb, Cuba: Havana, Denmark: Copenhagen, Ecuador: Quito, Egypt: Cairo,
Estonia: Tallinn, Ethiopia: Addis Ababa, Finland: Helsinki, Germany: Berlin, Ghana: Accra,
Greece: Athens, Hungary: Budapest, Iceland: Reykjavik, India: New Delhi, Indonesia: Jakarta,
Iran: Tehran, Iraq: Baghdad, Ireland: Dublin, Israel: Jerusalem, Italy: Rome, Jamaica: Kingston,
Japan: Tokyo, Jordan: Amman, Kenya: Nairobi, Latvia: Riga, Lebanon: Beirut, Libya: Tripoli,
Lithuania: Vilnius, Malaysia: Kuala Lumpur, Mali: Bamako, Mexico: Mexico City,
Mongolia: Ulaanbaatar, Morocco: Rabat, Nepal: Kathmandu, New Zealand: Wellington,
Nigeria: Abuja, Norway: Oslo,
Pakistan: Islamabad, Peru: Lima, Poland: Warsaw, Portugal: Lisbon, Romania: Bucharest,
Russia: Moscow, Senegal: Dakar, Serbia: Belgrade, Slovakia: Bratislava, Slovenia: Ljubljana,
South Korea: Seoul, Spain: Madrid, Sudan: Khartoum, Sweden: Stockholm, Switzerland: Bern,
Syria: Damascus, Thailand: Bangkok, Tunisia: Tunis, Turkey: Ankara, Uganda: Kampala, Ukraine: Kyiv,
Uruguay: Montevideo, Venezuela: Caracas, Vietnam: Hanoi, Zambia: Lusaka, Zimbabwe: Harare
""")

CONTINENTS = {
    "Africa": "Angola, Botswana, Cameroon, Chad, Gabon, Madagascar, Mozambique, Namibia, Niger, "
    "Rwanda, Somalia, Tanzania, Togo",
    "Asia": "Bangladesh, Cambodia, Kazakhstan, Kuwait, Laos, Myanmar, Oman, Philippines, Qatar, "
    "Sri Lanka, Uzbekistan, Yemen",
    "Europe": "Albania, Belarus, Cyprus, France, Luxembourg, Malta, Moldova, Monaco, Montenegro, "
    "the Netherlands",
    "South America": "Guyana, Paraguay, Suriname, Chile, Peru, Ecuador",
    "North America": "Belize, Costa Rica, Guatemala, Haiti, Honduras, Nicaragua, Panama",
}

OPPOSITES = pairs("""
hot: cold, big: small, fast: slow, early: late, full: empty, hard: soft, heavy: light, high: low,
loud: quiet, old: young, open: closed, rich: poor, strong: weak, sweet: bitter, thick: thin,
wet: dry, wide: narrow, rough: smooth, deep: shallow, sharp: blunt, ancient: modern,
brave: cowardly, generous: stingy, guilty: innocent, humble: proud, public: private,
temporary: permanent, victory: defeat, ascend: descend, accept: refuse, attack: defend,
borrow: lend, expand: shrink, arrive: depart, increase: decrease, include: exclude,
import: export, optimist: pessimist, minimum: maximum, majority: minority, profit: loss,
question: answer, create: destroy, remember: forget, praise: blame, reward: punish,
scarce: plentiful, tame: wild, transparent: opaque, vertical: horizontal
""")

PAST = pairs("""
begin: began, bite: bit, blow: blew, break: broke, bring: brought, build: built, buy: bought,
catch: caught, choose: chose, come: came, dig: dug, draw: drew, drink: drank, drive: drove,
eat: ate, fall: fell, feel: felt, fight: fought, find: found, fly: flew, forget: forgot,
freeze: froze, give: gave, grow: grew, hide: hid, hold: held, keep: kept, know: knew, leave: left,
lose: lost, make: made, meet: met, pay: paid, ride: rode, ring: rang, rise: rose, run: ran,
see: saw, sell: sold, shake: shook, sing: sang, sink: sank, sleep: slept, speak: spoke,
stand: stood, steal: stole, swim: swam, teach: taught, think: thought, throw: threw, wear: wore,
win: won, write: wrote
""")

SYMBOLS = pairs("""
aluminium: Al, argon: Ar, barium: Ba, boron: B, bromine: Br, calcium: Ca, carbon: C, chlorine: Cl,
chromium: Cr, cobalt: Co, copper: Cu, fluorine: F, gold: Au, helium: He, hydrogen: H, iodine: I,
iron: Fe, lead: Pb, lithium: Li, magnesium: Mg, manganese: Mn, mercury: Hg, neon: Ne, nickel: Ni,
nitrogen: N, oxygen: O, phosphorus: P, platinum: Pt, potassium: K, radium: Ra, silicon: Si,
silver: Ag, sodium: Na, sulfur: S, tin: Sn, titanium: Ti, tungsten: W, uranium: U, zinc: Zn
""")

YOUNG = pairs("""
cat: kitten, dog: puppy, cow: calf, horse: foal, sheep: lamb, pig: piglet, goat: kid, bear: cub,
deer: fawn, duck: duckling, goose: gosling, swan: cygnet, frog: tadpole, kangaroo: joey,
eagle: eaglet, owl: owlet, hen: chick, fish: fry, eel: elver, hare: leveret
""")

TOOLS = pairs("""
measures temperature: thermometer, tells the time: clock, looks at the stars: telescope,
looks at very small things: microscope, shows where north is: compass, drives in nails: hammer,
cuts wood: saw, cuts paper: scissors, measures weight: scale, measures earthquakes: seismograph,
measures air pressure: barometer, listens to the heart: stethoscope, sweeps the floor: broom,
keeps off the rain: umbrella, opens a lock: key, sews cloth: needle, digs a hole: shovel,
turns a screw: screwdriver, catches fish: net, takes photographs: camera
""")

CREATORS = pairs("""
Hamlet: William Shakespeare, War and Peace: Leo Tolstoy, Don Quixote: Miguel de Cervantes,
The Odyssey: Homer, Pride and Prejudice: Jane Austen, Oliver Twist: Charles Dickens,
The Divine Comedy: Dante, Faust: Goethe, Crime and Punishment: Fyodor Dostoevsky,
Moby-Dick: Herman Melville, Les Miserables: Victor Hugo, The Metamorphosis: Franz Kafka,
Ulysses: James Joyce, Frankenstein: Mary Shelley, Dracula: Bram Stoker, The Trial: Franz Kafka,
Treasure Island: Robert Louis Stevenson, The Time Machine: H. G. Wells,
Jane Eyre: Charlotte Bronte, Wuthering Heights: Emily Bronte, Animal Farm: George Orwell,
The Old Man and the Sea: Ernest Hemingway, Gulliver's Travels: Jonathan Swift,
Robinson Crusoe: Daniel Defoe, The Jungle Book: Rudyard Kipling
""")

CURRENCIES = pairs("""
Japan: yen, India: rupee, China: yuan, Russia: ruble, Mexico: peso, Brazil: real,
South Africa: rand, Switzerland: franc, Sweden: krona, Poland: zloty, Thailand: baht,
Vietnam: dong, Israel: shekel, South Korea: won, Turkey: lira, Ukraine: hryvnia, Hungary: forint,
the United Kingdom: pound, Nigeria: naira, Saudi Arabia: riyal, Kuwait: dinar, Bangladesh: taka
""")


def from_table(draw, name, template, table):
    """One question a row; wrong choices are other rows' answers."""
    answers = list(dict.fromkeys(answer for _, answer in table))
    for subject, answer in table:
        wrong = [other for other in answers if other != answer]
        yield question(draw, name, template.format(subject), answer, wrong)


def sums(draw):
    """Sums, differences and products, with near misses as wrong choices."""
    for word, count, least, most in (("+", 45, 3, 60), ("-", 45, 3, 60), ("times", 40, 2, 12)):
        seen = set()
        while len(seen) < count:
            a, b = draw.randint(least, most), draw.randint(least, most)
            if word == "-":
                a, b = max(a, b), min(a, b)
            if (a, b) in seen:
                continue
            seen.add((a, b))
            right = {"+": a + b, "-": a - b, "times": a * b}[word]
            near = [right + step for step in (-10, -3, -2, -1, 1, 2, 3, 10) if right + step >= 0]
            wrong = [str(number) for number in near]
            yield question(draw, "arithmetic", f"What is {a} {word} {b}?", str(right), wrong)


def question(draw, category, text, answer, wrong):
    """The question with its answer among wrong choices, in an order that is drawn."""
    choices = [answer, *draw.sample(wrong, CHOICES - 1)]
    draw.shuffle(choices)
    return {
        "category": category,
        "question": text,
        "choices": choices,
        "answer": choices.index(answer),
    }


def questions():
    """All questions, table by table."""
    draw = random.Random(SEED)
    continents = [(c, name) for name, all_ in CONTINENTS.items() for c in all_.split(", ")]
    yield from from_table(draw, "capitals", "What is the capital of {}?", CAPITALS)
    yield from from_table(draw, "continents", "Which continent is {} in?", continents)
    yield from from_table(draw, "opposites", 'What is the opposite of "{}"?', OPPOSITES)
    yield from from_table(draw, "past tense", 'What is the past tense of "{}"?', PAST)
    yield from from_table(draw, "symbols", "What is the chemical symbol of {}?", SYMBOLS)
    yield from from_table(draw, "young animals", "What is a young {} called?", YOUNG)
    yield from from_table(draw, "tools", "Which tool {}?", TOOLS)
    yield from from_table(draw, "books", "Who wrote {}?", CREATORS)
    yield from from_table(draw, "currencies", "What is the currency of {}?", CURRENCIES)
    yield from sums(draw)


def sentences():
    """What is asked about capitals, with the sentence that answers it."""
    draw = random.Random(SEED)
    for country, capital in draw.sample(CAPITALS, len(CAPITALS)):
        answer = f"The capital of {country} is {capital}."
        yield {"question": f"What is the capital of {country}?", "answer": answer}


def write(path, rows):
    """The rows as JSON lines."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(HERE)}: {len(lines)} questions")


if __name__ == "__main__":
    write(HERE / "tasks" / "general.jsonl", questions())
    write(HERE / "data" / "capitals.jsonl", sentences())

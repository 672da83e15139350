"""What a case is: zones, questions, and what the RFCs say must come of them."""
import dataclasses

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"

STOCK = """
www A 192.0.2.1
www TXT "stock"
alias CNAME www
*.wild A 192.0.2.2
*.wild TXT "wild"
host.ent A 192.0.2.3
dn DNAME target
www.target A 192.0.2.4
mail MX 10 www
zz A 192.0.2.5
"""


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    type: str
    verdict: str
    rcode: str = "NOERROR"
    ede: tuple = ()  # any one of these; empty: none is expected
    cd: str = "NOERROR"  # of a bogus answer: what a question with CD gets


@dataclasses.dataclass
class Case:
    name: str
    rule: str  # the RFC section that the verdicts follow
    zones: list
    questions: list


def secure(name, type_="A", rcode="NOERROR"):
    return Question(name, type_, SECURE, rcode)


def insecure(name, type_="A", rcode="NOERROR", ede=()):
    return Question(name, type_, INSECURE, rcode, ede if isinstance(ede, tuple) else (ede,))


def bogus(name, type_="A", *, ede, cd="NOERROR"):
    return Question(name, type_, BOGUS, "SERVFAIL", ede if isinstance(ede, tuple) else (ede,), cd)


class Book:
    """The cases, in the order of writing. Names of questions are below the case's first zone, unless absolute."""

    def __init__(self, tld):
        self.tld = tld
        self.cases = []

    def add(self, label, rule, zones, *questions):
        zones = zones if isinstance(zones, list) else [zones]
        apex = zones[0].name
        absolute = [dataclasses.replace(q, name=q.name if q.name.endswith(".") else
                                        apex if q.name == "@" else f"{q.name}.{apex}") for q in questions]
        if any(case.name == label for case in self.cases):
            raise ValueError(f"two cases {label}")
        self.cases.append(Case(label, rule, zones, absolute))

"""The differences of peers that an RFC section explains: explained.txt."""
import fnmatch
from pathlib import Path

FILE = Path(__file__).resolve().parent / "explained.txt"
WHATS = ("verdict", "data", "ede")


class Explained:
    def __init__(self):
        self.rules = []
        for number, line in enumerate(FILE.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields, _, reason = line.partition("|")
            parts = fields.split()
            if len(parts) != 4 or parts[3] not in WHATS or "RFC" not in reason:
                raise ValueError(f"{FILE.name}:{number}: want PEER CASE NAME/TYPE verdict|data|ede | RFC section and reason")
            self.rules.append((*parts, reason.strip()))
        self.used = set()

    def reason(self, peer, case, question, what):
        for rule in self.rules:
            who, pattern, asked, kind, why = rule
            if who in (peer, "*") and kind == what and fnmatch.fnmatchcase(case, pattern) and \
                    fnmatch.fnmatchcase(question, asked):
                self.used.add(rule)
                return why
        return None

    def unused(self):
        return [rule for rule in self.rules if rule not in self.used]

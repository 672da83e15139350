"""The short list of differences that an RFC section explains: explained.txt."""
import fnmatch
from pathlib import Path

FILE = Path(__file__).resolve().parent / "explained.txt"


class Explained:
    def __init__(self):
        self.rules = []
        for number, line in enumerate(FILE.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields, _, reason = line.partition("|")
            parts = fields.split()
            if len(parts) != 3 or "RFC" not in reason:
                raise ValueError(f"{FILE.name}:{number}: want PEER NAME-PATTERN TYPE | RFC section and reason")
            self.rules.append((*parts, reason.strip()))
        self.used = {}

    def reason(self, peer, name, type_):
        for rule in self.rules:
            who, pattern, wanted, why = rule
            if who in (peer, "*") and wanted in (type_, "*") and fnmatch.fnmatchcase(name.lower(), pattern):
                self.used[rule] = self.used.get(rule, 0) + 1
                return why
        return None

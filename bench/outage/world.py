"""What the lab of the outage bench holds: names, addresses and delegations, as data. Nothing is started here.

Two providers with 100 name servers each; 500 domains on A only, 500 on B only, 500 on both, two servers each, spread
over all servers and five TLDs. Answers of the providers live 5 s, delegations an hour, as in life they outlive them.
"""
import random

ROOTS = ["198.18.100.1", "198.18.100.2", "198.18.100.3"]
TLD_SERVERS = ["198.18.101.1", "198.18.101.2", "198.18.101.3", "198.18.101.4"]
FORWARDER = "198.18.200.1"
DARK_RANGES = ["198.18.0.0-198.18.199.255", "198.19.0.0-198.19.255.255"]  # every authority, not the forwarder

TLDS = ["com", "net", "org", "info", "eu"]
CLASSES = ["a", "b", "ab"]
CLASS_TITLES = {"a": "A only", "b": "B only", "ab": "A and B"}
DOMAINS_PER_CLASS = 500
SERVERS_PER_PROVIDER = 100
PROVIDER_ZONES = {"A": "provider-a.net", "B": "provider-b.org"}
PROVIDER_NETS = {"A": ["198.18.1", "198.18.2", "198.18.3"], "B": ["198.19.1", "198.19.2", "198.19.3"]}
DELEGATION_TTL = 3600
ANSWER_TTL = 5


class World:
    def __init__(self, seed=4):
        self.servers = {provider: self._servers(provider) for provider in "AB"}  # [(name, address)]
        self.zones = self._zones(random.Random(seed))  # [(class, zone, names of servers at A, names at B)]

    @staticmethod
    def _servers(provider):
        nets = PROVIDER_NETS[provider]
        return [(f"ns{number + 1:03d}.{PROVIDER_ZONES[provider]}", f"{nets[number % len(nets)]}.{number // len(nets) + 1}")
                for number in range(SERVERS_PER_PROVIDER)]

    def _zones(self, chance):
        """Each server gets as many domains as any other; who shares a server with whom is drawn."""
        zones = []
        for klass in CLASSES:
            sides = {provider: self._spread(provider, chance) for provider in "AB"}
            for number in range(DOMAINS_PER_CLASS):
                name = f"site-{klass}{number:03d}.{TLDS[number % len(TLDS)]}"
                pairs = {provider: sides[provider][number] for provider in "AB"}
                if klass == "ab":
                    pairs = {provider: pair[:1] for provider, pair in pairs.items()}
                elif klass == "b":
                    pairs["A"] = []
                zones.append((klass, name, pairs["A"], pairs["B"]))
        return zones

    def _spread(self, provider, chance):
        names = [name for name, _ in self.servers[provider]]
        rounds = DOMAINS_PER_CLASS // len(names) + 1
        first, second = [], []
        for _ in range(rounds):
            order = chance.sample(names, len(names))
            first += order
            second += order[1:] + order[:1]
        return [[one, other] for one, other in zip(first, second)][:DOMAINS_PER_CLASS]

    def addresses(self):
        return ROOTS + TLD_SERVERS + [FORWARDER] + [address for p in "AB" for _, address in self.servers[p]]

    def questions(self):
        """(name, class) of what the clients ask."""
        return [(f"www.{zone}", klass) for klass, zone, _, _ in self.zones]

    def authority_text(self):
        """The file that outage_authority reads (bench/outage/zones.h)."""
        lines = []
        for provider in "AB":
            hosts = self.servers[provider]
            lines.append(f"provider {provider} {PROVIDER_ZONES[provider]} {','.join(name for name, _ in hosts[:4])}")
            lines += [f"server {provider} {address}" for _, address in hosts]
            lines += [f"host {name} {address}" for name, address in hosts]
        for klass, zone, at_a, at_b in self.zones:
            # A zone on both tells its whole NS set whoever is asked.
            sides = (at_a + at_b, at_a + at_b) if klass == "ab" else (at_a, at_b)
            lines.append(f"zone {klass} www {zone} {' '.join(','.join(side) or '-' for side in sides)}")
        return "\n".join(lines) + "\n"

    def hints_text(self):
        lines = []
        for number, address in enumerate(ROOTS):
            lines += [f". 3600000 IN NS {'abc'[number]}.rootns.", f"{'abc'[number]}.rootns. 3600000 IN A {address}"]
        return "\n".join(lines) + "\n"

    def root_zone_text(self):
        lines = [". 86400 IN SOA a.rootns. host.rootns. 1 1800 900 604800 3600"]
        for number, address in enumerate(ROOTS):
            lines += [f". 86400 IN NS {'abc'[number]}.rootns.", f"{'abc'[number]}.rootns. 86400 IN A {address}"]
        for tld in TLDS:
            lines += [f"{tld}. 86400 IN NS {'abcd'[k]}.tldns." for k in range(len(TLD_SERVERS))]
        lines += [f"{'abcd'[k]}.tldns. 86400 IN A {address}" for k, address in enumerate(TLD_SERVERS)]
        return "\n".join(lines) + "\n"

    def tld_zone_text(self, tld, *, moved=False):
        """`moved`: the parent delegates the domains of class A to provider B."""
        lines = [f"{tld}. 3600 IN SOA a.tldns. host.tldns. {2 if moved else 1} 1800 900 604800 60"]
        lines += [f"{tld}. 86400 IN NS {'abcd'[k]}.tldns." for k in range(len(TLD_SERVERS))]
        for provider, zone in PROVIDER_ZONES.items():
            if not zone.endswith("." + tld):
                continue
            lines += [f"{zone}. {DELEGATION_TTL} IN NS {name}." for name, _ in self.servers[provider][:4]]
            lines += [f"{name}. {DELEGATION_TTL} IN A {address}" for name, address in self.servers[provider]]
        for klass, zone, at_a, at_b in self.zones:
            if zone.endswith("." + tld):
                hosts = {"a": at_b if moved else at_a, "b": at_b, "ab": at_a + at_b}[klass]
                lines += [f"{zone}. {DELEGATION_TTL} IN NS {host}." for host in hosts]
        return "\n".join(lines) + "\n"

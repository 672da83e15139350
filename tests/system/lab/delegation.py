"""How zones are delegated: each style is something that the real Internet does, well or badly."""
import random
import zlib

PROVIDERS = {  # name -> (zone of its name servers, number in its addresses, families)
    "alpha": ("alpha-dns.net.", 11, 46),
    "bravo": ("bravo-dns.org.", 12, 46),
    "charlie": ("charlie-dns.com.", 13, 46),
    "six": ("six-dns.info.", 16, 6),
}
REFUSING = "alpha"  # lame name servers point at this provider, which does not serve the zone


class Provider:
    def __init__(self, name, zone, number, families):
        self.name = name
        self.hosts = [f"ns{k}.{zone}" for k in range(1, 5)]
        self.addresses = {}
        for k, host in enumerate(self.hosts, 1):
            pair = [f"10.53.{number}.{k}", f"fd53:{number}::{k}"]
            self.addresses[host] = pair if families == 46 else pair[1:]


def make_providers(world):
    for name, (zone_name, number, families) in PROVIDERS.items():
        provider = world.providers[name] = Provider(name, zone_name, number, families)
        world.addresses[name] = [a for addresses in provider.addresses.values() for a in addresses]
        zone = world.zone(zone_name, name)
        for host, addresses in provider.addresses.items():
            zone.add_host(host, addresses)
        if name == "charlie":  # its own zone is at another provider: a glueless delegation below a glueless one
            zone.instances = {"bravo"}
            zone.parent_ns = zone.child_ns = world.providers["bravo"].hosts[:2]
        else:
            zone.parent_ns = zone.child_ns = provider.hosts
            zone.glue = [(host, a) for host, addresses in provider.addresses.items() for a in addresses]
        lame = [("lame1", world.providers[REFUSING].addresses[world.providers[REFUSING].hosts[3]])] \
            if name == "bravo" else []
        for label, addresses in lame + [("dead1", world.dead[:1]), ("dead2", world.dead), ("silent1", world.silent[:1]),
                                        ("silent2", world.silent[1:])]:
            zone.add_host(f"{label}.{zone_name}", addresses)
        world.tlds[zone_name.split(".")[-2]].delegate(zone)


def at_provider(world, zone, provider, *, hosts=slice(0, 2), child=None):
    found = world.providers[provider]
    zone.instances.add(provider)
    zone.parent_ns = zone.parent_ns + found.hosts[hosts]
    zone.child_ns = zone.child_ns + found.hosts[child or hosts]


def in_zone(world, zone, *, families=(4, 6), count=2, child=True):
    """Name servers inside the zone, with glue at the parent, at two of the hosting server's addresses."""
    zone.instances.add("hosting")
    first = zlib.crc32(zone.name.encode()) % 20 + 1
    for k in range(1, count + 1):
        host = f"ns{k}.{zone.name}"
        addresses = [f"10.53.20.{first + k}"] * (4 in families) + [f"fd53:20::{first + k}"] * (6 in families)
        zone.parent_ns.append(host)
        if child:
            zone.child_ns.append(host)
        zone.add_host(host, addresses)
        zone.glue += [(host, address) for address in addresses]


def provider_alpha(world, zone):
    at_provider(world, zone, "alpha", hosts=slice(0, 4))


def provider_bravo(world, zone):
    at_provider(world, zone, "bravo")


def two_providers(world, zone):
    at_provider(world, zone, "alpha")
    at_provider(world, zone, "bravo")


def glueless_twice(world, zone):
    at_provider(world, zone, "charlie")


def ipv6_only_provider(world, zone):
    at_provider(world, zone, "six")


def ipv6_only_in_zone(world, zone):
    in_zone(world, zone, families=(6,))


def ipv4_only_in_zone(world, zone):
    in_zone(world, zone, families=(4,))


def sibling_glue(world, zone):
    """Name servers in another zone of the same parent, which therefore holds their addresses."""
    hub = world.hubs.get(zone.name.split(".")[-2])
    if hub is None:
        in_zone(world, zone)
        return
    zone.instances.add("hosting")
    zone.parent_ns = zone.child_ns = hub


def single_server(world, zone):
    in_zone(world, zone, count=1)


def one_lame(world, zone):
    at_provider(world, zone, "bravo", hosts=slice(2, 4))
    zone.parent_ns.insert(0, "lame1.bravo-dns.org.")
    zone.child_ns.insert(0, "lame1.bravo-dns.org.")


def one_dead(world, zone):
    at_provider(world, zone, "bravo", hosts=slice(0, 1))
    zone.parent_ns.insert(0, "dead2.alpha-dns.net.")
    zone.child_ns.insert(0, "dead2.alpha-dns.net.")


def one_silent(world, zone):
    at_provider(world, zone, "alpha", hosts=slice(0, 3))
    zone.parent_ns.append("silent1.alpha-dns.net.")
    zone.child_ns.append("silent1.alpha-dns.net.")


def dead_glue_family(world, zone):
    """One name server, whose IPv4 address is dead and whose IPv6 address works."""
    in_zone(world, zone, families=(6,), count=1)
    host = f"ns1.{zone.name}"
    zone.add_host(host, world.dead[:1])
    zone.glue.append((host, world.dead[0]))


def parent_disagrees(world, zone):
    """The parent names two of the provider's servers, the zone itself the other two."""
    at_provider(world, zone, "alpha", hosts=slice(0, 2), child=slice(2, 4))


def parent_outdated(world, zone):
    """The parent still names a server that the zone has left."""
    in_zone(world, zone)
    zone.parent_ns.insert(0, "lame1.bravo-dns.org.")


def child_names_lame(world, zone):
    at_provider(world, zone, "bravo")
    zone.child_ns.append("dead1.bravo-dns.org.")


STYLES = (
    [provider_alpha] * 7 + [provider_bravo] * 4 + [in_zone] * 8 + [two_providers] * 4 + [glueless_twice] * 3 +
    [ipv6_only_provider] * 2 + [ipv6_only_in_zone, ipv4_only_in_zone, single_server] + [sibling_glue] * 3 +
    [one_lame, one_lame, one_dead, one_silent, dead_glue_family] + [parent_disagrees] * 2 +
    [parent_outdated, child_names_lame])
BELOW = [provider_alpha, provider_bravo, in_zone, glueless_twice, ipv6_only_provider, one_lame]


def choose(world, zone, parent):
    tld = zone.name.split(".")[-2]
    style = random.Random("style " + zone.name).choice(STYLES)
    if tld not in world.hubs and tld != "arpa":
        style = in_zone
    style(world, zone)
    if style is in_zone:
        world.hubs.setdefault(tld, list(zone.child_ns))
    zone.style = style.__name__
    if zlib.crc32(zone.name.encode()) % 8 == 0:
        zone.ds = "4711 13 2 " + f"{zlib.crc32(zone.name.encode()):08X}" * 8
    parent.delegate(zone)


def delegate_below(world, zone, parent, style):
    """A delegation inside a site's own zone."""
    style(world, zone)
    zone.style = style.__name__
    parent.delegate(zone)


def make_failing(world):
    """Zones that nobody can resolve: every resolver has to say SERVFAIL."""
    cases = {
        "all-refused.com.": ["lame1.bravo-dns.org."],
        "all-dead.com.": ["dead1.alpha-dns.net.", "dead2.bravo-dns.org."],
        "all-silent.com.": ["silent1.alpha-dns.net.", "silent2.bravo-dns.org."],
        "circle-one.com.": ["ns1.circle-two.org."],
        "circle-two.org.": ["ns1.circle-one.com."],
        "no-such-host.net.": ["ns1.does-not-exist-anywhere.com."],
    }
    for name, hosts in cases.items():
        parent = world.tlds[name.split(".")[-2]]
        for host in hosts:
            parent.add(name, "NS", host, 86400)
        world.failing.append(name)
        world.questions += [(f"www.{name}", "A"), (name, "MX")]

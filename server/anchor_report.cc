#include "server/anchor_report.h"

#include <algorithm>

#include "config/value_text.h"
#include "resolver/dnssec/managed_anchors.h"
#include "wire/dnssec_rdata.h"
#include "wire/rendered.h"

namespace server {
namespace {

std::string line(wire::NameView zone, uint16_t tag, uint8_t algorithm, const std::string& state) {
  return zone.to_text() + " " + std::to_string(tag) + " " + std::to_string(algorithm) + " " + state;
}

}  // namespace

std::string render_anchors(const resolver::dnssec::TrustAnchors& configured,
                           const std::vector<cache::ManagedZone>& managed, bool is_managed) {
  std::string text;
  configured.for_each([&](wire::NameView zone, base::Bytes ds_records) {
    const auto found = std::find_if(managed.begin(), managed.end(),
                                    [&](const cache::ManagedZone& other) { return other.zone.view() == zone; });
    const bool knows_keys = is_managed && found != managed.end();
    for (size_t index = 0; knows_keys && index < found->keys.size(); ++index) {
      const cache::ManagedKey& key = found->keys[index];
      text += line(zone, wire::key_tag(key.rdata), key.rdata[3], resolver::dnssec::to_text(key.state)) + " since " +
              config::utc_text(key.since) + (key.is_configured ? " configured\n" : "\n");
    }
    wire::for_each_rendered(ds_records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
      const auto ds = wire::parse_ds(rdata);
      std::vector<uint8_t> alone;
      wire::append_rendered(alone, type, wire::Class::kIn, 0, rdata);
      const bool is_seen = knows_keys && std::any_of(found->keys.begin(), found->keys.end(), [&](const auto& key) {
                             return resolver::dnssec::names_key(zone, alone, key.rdata);
                           });
      if (!ds || is_seen) return;
      text += line(zone, ds->key_tag, ds->algorithm, is_managed ? "unseen configured" : "fixed configured") + "\n";
    });
  });
  return text.empty() ? "no trust anchors: nothing is validated\n" : text;
}

}  // namespace server

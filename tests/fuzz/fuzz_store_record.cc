// Bytes of a block, sealed with the right secret as an attacker of the file could: whatever is in them, what
// parse_record() takes must be an entry that every reader can read.
#include <cstring>

#include "cache/cache.h"
#include "cache/delegation.h"
#include "store/record.h"
#include "tests/fuzz/fuzz_support.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace {

const base::KeyedHash kHash(base::KeyedHash::Secret{});

// Reads all of it, as the engine and the answers do.
void read_entry(const cache::Entry& entry) {
  FUZZ_EXPECT(entry.zone().size() <= entry.name().size());
  static_cast<void>(entry.name().to_text());
  if (entry.header().kind == cache::Kind::kDelegation) {
    const cache::Delegation delegation = cache::read_delegation(entry);
    FUZZ_EXPECT(delegation.servers.size() == entry.header().record_count);
    FUZZ_EXPECT(delegation.servers.size() <= cache::kServersMax);
    for (const auto& server : delegation.servers) FUZZ_EXPECT(server.glue.size() <= cache::kAddressesPerServerMax);
    return;
  }
  FUZZ_EXPECT(entry.header().kind != cache::Kind::kFailure);
  for (const base::Bytes part : {entry.body(), entry.tail()}) {
    std::vector<uint8_t> copy(part.size());
    wire::copy_rendered(part, 12, 30, copy.data());
    wire::for_each_rendered(part, [](wire::Type type, uint32_t, base::Bytes rdata) {
      static_cast<void>(wire::canonical_rdata(type, rdata));
      static_cast<void>(wire::parse_address(type, rdata));
      if (type == wire::Type::kSoa) FUZZ_EXPECT(wire::parse_soa(rdata).has_value());
      if (type == wire::Type::kCname || type == wire::Type::kNs)
        FUZZ_EXPECT(wire::parse_single_name(rdata).has_value());
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // As it is: framing and checksums.
  base::Bytes rest(data, size);
  size_t taken = 0;
  while (!rest.empty()) {
    const base::Bytes record = store::take_record(rest);
    if (record.empty()) break;
    taken += record.size();
    static_cast<void>(store::peek_key(record));
    static_cast<void>(store::parse_record(kHash, record));
  }
  FUZZ_EXPECT(taken <= size);
  // With length and checksum put right: what is inside.
  constexpr size_t kHeadBytes = 12;
  if (size <= kHeadBytes) return 0;
  std::vector<uint8_t> sealed(data, data + size);
  base::store_be32(sealed.data(), static_cast<uint32_t>(size));
  base::store_be64(sealed.data() + 4, kHash(base::Bytes(sealed).subspan(kHeadBytes)));
  const auto record = store::parse_record(kHash, sealed);
  if (!record || record->head.what == store::What::kRemoval) return 0;
  cache::EntryParts parts = record->parts;
  const cache::EntryPtr entry = parts.make();
  read_entry(*entry);
  static_cast<void>(store::content_hash(kHash, *entry));
  // And back.
  std::vector<uint8_t> again;
  store::append_entry(again, kHash, record->head, *entry);
  const auto same = store::parse_record(kHash, again);
  FUZZ_EXPECT(same.has_value());
  FUZZ_EXPECT(same->parts.body.size() == record->parts.body.size());
  return 0;
}

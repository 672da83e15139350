// Edns::parse against a plain second reading of the option list.
#include <algorithm>

#include "tests/fuzz/fuzz_support.h"
#include "wire/edns.h"
#include "wire/writer.h"

namespace {

struct Option {
  uint16_t code = 0;
  base::Bytes value;
};

// Returns false when the options overrun.
bool read_options(base::Bytes rdata, std::vector<Option>& options) {
  size_t at = 0;
  while (at < rdata.size()) {
    if (at + 4 > rdata.size()) return false;
    const uint16_t code = base::load_be16(rdata.data() + at);
    const size_t length = base::load_be16(rdata.data() + at + 2);
    if (at + 4 + length > rdata.size()) return false;
    options.push_back({code, rdata.subspan(at + 4, length)});
    at += 4 + length;
  }
  return true;
}

const Option* first_of(const std::vector<Option>& options, wire::OptionCode code) {
  for (const Option& option : options) {
    if (option.code == static_cast<uint16_t>(code)) return &option;
  }
  return nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint32_t ttl = input.u32();
  const base::Bytes rdata = input.bytes(size);
  const auto edns = wire::Edns::parse(1232, ttl, rdata);
  std::vector<Option> options;
  const bool whole = read_options(rdata, options);
  const bool version_0 = ((ttl >> 16) & 0xFF) == 0;
  FUZZ_EXPECT(edns.has_value() == (whole || !version_0));
  if (!edns || !version_0) return 0;

  const Option* cookie = first_of(options, wire::OptionCode::kCookie);
  FUZZ_EXPECT((edns->cookie || edns->malformed_cookie) == (cookie != nullptr));
  FUZZ_EXPECT(!(edns->cookie && edns->malformed_cookie));
  if (edns->cookie) {
    const size_t bytes = cookie->value.size();
    FUZZ_EXPECT(bytes == 8 || (bytes >= 16 && bytes <= 40));
    FUZZ_EXPECT(edns->cookie->client.data() == cookie->value.data());
    FUZZ_EXPECT(edns->cookie->server.size() == bytes - 8);
  }
  FUZZ_EXPECT(edns->nsid_requested == (first_of(options, wire::OptionCode::kNsid) != nullptr));
  FUZZ_EXPECT(edns->keepalive_requested == (first_of(options, wire::OptionCode::kKeepalive) != nullptr));

  // Carried over option by option, the bytes are the same.
  std::vector<uint8_t> again(rdata.size());
  size_t used = 0;
  for (const Option& option : options) {
    FUZZ_EXPECT(append_option(again, used, static_cast<wire::OptionCode>(option.code), option.value));
  }
  FUZZ_EXPECT(used == rdata.size());
  FUZZ_EXPECT(std::equal(again.begin(), again.end(), rdata.begin()));
  return 0;
}

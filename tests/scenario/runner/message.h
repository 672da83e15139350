// Messages to bytes and back. Writing does not use the product's writer, so that a fault there
// cannot hide itself; reading is the product's checked view, copied into comparable form.
#pragma once

#include <string>

#include "scenario.h"

namespace scenario {

struct EdnsFields {
  bool present = false;
  uint16_t size = 1232;
  uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<Option> options;
};

[[nodiscard]] std::vector<uint8_t> write_message(uint16_t id, const Packet& packet, const EdnsFields& edns);

struct Decoded {
  uint16_t id = 0;
  Packet packet;  // sections without OPT
  EdnsFields edns;
  std::optional<uint16_t> extended_error;
};
// Nothing when the bytes are no message.
[[nodiscard]] std::optional<Decoded> read_message(base::Bytes bytes);

[[nodiscard]] std::string to_text(const Question& question);
[[nodiscard]] std::string to_text(const wire::OwnedRecord& record);
[[nodiscard]] std::string to_text(const Decoded& message);
[[nodiscard]] std::string flags_to_text(const Packet& packet);

}  // namespace scenario

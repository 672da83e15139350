// MessageWriter: builds a message into a fixed buffer, with name compression (RFC 1035 §4.1.4).
// Every call either writes its element whole and returns true, or leaves the message as it was
// and returns false (it would pass `limit`); the caller decides about TC. Compression looks only
// at a bounded number of earlier names (kCompressionTargetsMax), so the work per message is
// linear (CVE-2024-8508). Owner names are compressed for all types, RDATA names only for the
// types of RFC 1035 (RFC 3597 §4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "wire/message.h"
#include "wire/name.h"
#include "wire/types.h"

namespace wire {

class MessageWriter {
 public:
  static constexpr size_t kCompressionTargetsMax = 32;

  // Begins with the header; counts are filled in by finish(). Bytes that pass 65535 never fit.
  // REQUIRES: 12 <= limit <= out.size().
  MessageWriter(base::MutableBytes out, size_t limit, const Header& header);

  [[nodiscard]] bool question(NameView name, Type type, Class klass);
  // `rdata` is expanded RDATA. Sections must be written in order.
  [[nodiscard]] bool record(Section section, NameView owner, Type type, Class klass, uint32_t ttl, base::Bytes rdata);
  // Bytes held back for an OPT record that will be appended later.
  void reserve(size_t bytes) { reserved_ = bytes; }
  // `options`: whole encoded options (see append_option). Uses the reserved bytes.
  [[nodiscard]] bool opt(uint16_t payload_bytes, uint8_t extended_rcode, bool dnssec_ok, base::Bytes options);
  void set_truncated() { header_.tc = true; }
  void set_rcode(uint8_t low_bits) { header_.rcode = low_bits; }
  // Drops every record after the question, for a truncated answer.
  void drop_records();
  [[nodiscard]] size_t size() const { return size_; }
  // Writes the header and returns the whole message.
  [[nodiscard]] base::Bytes finish();

 private:
  // A name that was written whole, or the end of one: later names may point at it.
  struct Target {
    uint16_t offset = 0;
    uint8_t name_bytes = 0;  // expanded; compared first
  };
  [[nodiscard]] bool append(base::Bytes bytes);
  [[nodiscard]] bool append_rdata(Type type, base::Bytes rdata);
  [[nodiscard]] std::optional<uint16_t> find_target(NameView name) const;
  uint16_t& count_of(Section section);
  [[nodiscard]] bool append_name(NameView name);
  base::MutableBytes out_;
  size_t limit_;
  size_t size_ = kHeaderBytes;
  size_t question_end_ = kHeaderBytes;
  size_t reserved_ = 0;
  Header header_;
  std::array<Target, kCompressionTargetsMax> targets_{};
  size_t target_count_ = 0;
  size_t question_target_count_ = 0;
};

// Appends one EDNS option (code, length, bytes) to `options`; false when it does not fit.
[[nodiscard]] bool append_option(base::MutableBytes options, size_t& used, OptionCode code, base::Bytes value);
// An RFC 8914 option: INFO-CODE and EXTRA-TEXT.
[[nodiscard]] bool append_extended_error(base::MutableBytes options, size_t& used, ExtendedError code,
                                         std::string_view text);

}  // namespace wire

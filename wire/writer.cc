#include "wire/writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "wire/ascii_fold.h"
#include "wire/rdata_layout.h"

namespace wire {
namespace {

constexpr size_t kPointerTargetMax = 0x3FFF;  // RFC 1035 §4.1.4: 14 bits
constexpr size_t kMessageBytesMax = 65535;
constexpr size_t kRdlengthOffset = 8;  // behind the owner

// Compares an uncompressed name to the one written at `at` of `message`, following the pointers
// that this writer made itself.
bool equals_written(NameView name, const uint8_t* message, size_t at) {
  for (;;) {
    const uint8_t length = message[at];
    if (length > kLabelBytesMax) {
      at = base::load_be16(message + at) & kPointerTargetMax;
      continue;
    }
    if (length != name.bytes()[0]) return false;
    if (length == 0) return true;
    if (!equal_ignoring_case(name.bytes().data() + 1, message + at + 1, length)) return false;
    at += size_t{length} + 1;
    name = name.parent();
  }
}

}  // namespace

MessageWriter::MessageWriter(base::MutableBytes out, size_t limit, const Header& header)
    : out_(out), limit_(std::min(limit, kMessageBytesMax)), header_(header) {
  CHECK(limit <= out.size());
  CHECK(limit >= kHeaderBytes);
  header_.question_count = header_.answer_count = header_.authority_count = header_.additional_count = 0;
}

bool MessageWriter::append(base::Bytes bytes) {
  if (size_ + reserved_ > limit_ || bytes.size() > limit_ - reserved_ - size_) return false;
  if (!bytes.empty()) std::memcpy(out_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

std::optional<uint16_t> MessageWriter::find_target(NameView name) const {
  for (size_t index = 0; index < target_count_; ++index) {
    const Target& target = targets_[index];
    if (target.name_bytes == name.size() && equals_written(name, out_.data(), target.offset)) return target.offset;
  }
  return std::nullopt;
}

bool MessageWriter::append_name(NameView name) {
  const size_t start = size_;
  NameView rest = name;
  std::optional<uint16_t> pointer;
  while (!rest.is_root()) {
    pointer = find_target(rest);
    if (pointer) break;
    rest = rest.parent();
  }
  // The labels that have not been written before, then a pointer or the root label.
  const size_t fresh_bytes = name.size() - rest.size();
  std::array<uint8_t, 2> tail{};
  if (pointer) base::store_be16(tail.data(), static_cast<uint16_t>(0xC000 | *pointer));
  if (!append(name.bytes().first(fresh_bytes)) || !append({tail.data(), pointer ? size_t{2} : size_t{1}})) return false;
  NameView label = name;
  for (size_t at = start; at < start + fresh_bytes && at <= kPointerTargetMax; label = label.parent()) {
    if (target_count_ == targets_.size()) break;
    targets_[target_count_++] = {static_cast<uint16_t>(at), static_cast<uint8_t>(label.size())};
    at += label.first_label().size() + 1;
  }
  return true;
}

bool MessageWriter::append_rdata(Type type, base::Bytes rdata) {
  if (!compresses_names_when_sent(type)) return append(rdata);
  for (const char field : rdata_layout(type)) {
    if (is_name_field(field)) {
      const auto name = NameView::parse(rdata);
      if (!name) break;
      if (!append_name(*name)) return false;
      rdata = rdata.subspan(name->size());
      continue;
    }
    const auto bytes = rdata_field_bytes(field, rdata);
    if (!bytes) break;
    if (!append(rdata.first(*bytes))) return false;
    rdata = rdata.subspan(*bytes);
  }
  return append(rdata);  // what is left where the RDATA has not the form of its type
}

bool MessageWriter::question(NameView name, Type type, Class klass) {
  CHECK(header_.answer_count == 0 && header_.authority_count == 0 && header_.additional_count == 0);
  const size_t size_before = size_;
  const size_t targets_before = target_count_;
  std::array<uint8_t, 4> fixed;
  base::store_be16(fixed.data(), static_cast<uint16_t>(type));
  base::store_be16(fixed.data() + 2, static_cast<uint16_t>(klass));
  if (!append_name(name) || !append(fixed)) {
    size_ = size_before;
    target_count_ = targets_before;
    return false;
  }
  ++header_.question_count;
  question_end_ = size_;
  question_target_count_ = target_count_;
  return true;
}

uint16_t& MessageWriter::count_of(Section section) {
  // Sections are written in order.
  switch (section) {
    case Section::kAnswer:
      CHECK(header_.authority_count == 0 && header_.additional_count == 0);
      return header_.answer_count;
    case Section::kAuthority:
      CHECK(header_.additional_count == 0);
      return header_.authority_count;
    case Section::kAdditional:
      break;
  }
  return header_.additional_count;
}

bool MessageWriter::record(Section section, NameView owner, Type type, Class klass, uint32_t ttl, base::Bytes rdata) {
  uint16_t& count = count_of(section);
  const size_t size_before = size_;
  const size_t targets_before = target_count_;
  std::array<uint8_t, 10> fixed{};
  base::store_be16(fixed.data(), static_cast<uint16_t>(type));
  base::store_be16(fixed.data() + 2, static_cast<uint16_t>(klass));
  base::store_be32(fixed.data() + 4, ttl);
  bool written = append_name(owner);
  const size_t fixed_at = size_;
  written = written && append(fixed) && append_rdata(type, rdata);
  if (!written) {
    size_ = size_before;
    target_count_ = targets_before;
    return false;
  }
  const size_t rdata_bytes = size_ - fixed_at - fixed.size();
  base::store_be16(out_.data() + fixed_at + kRdlengthOffset, static_cast<uint16_t>(rdata_bytes));
  ++count;
  return true;
}

bool MessageWriter::opt(uint16_t payload_bytes, uint8_t extended_rcode, bool dnssec_ok, base::Bytes options) {
  const size_t held_back = reserved_;
  reserved_ = 0;
  const uint32_t ttl = (uint32_t{extended_rcode} << 24) | (dnssec_ok ? 0x8000U : 0U);
  const auto klass = static_cast<Class>(payload_bytes);
  if (record(Section::kAdditional, NameView(), Type::kOpt, klass, ttl, options)) return true;
  reserved_ = held_back;
  return false;
}

void MessageWriter::drop_records() {
  size_ = question_end_;
  target_count_ = question_target_count_;
  header_.answer_count = header_.authority_count = header_.additional_count = 0;
}

base::Bytes MessageWriter::finish() {
  header_.write(out_.data());
  return base::Bytes(out_.data(), size_);
}

bool append_option(base::MutableBytes options, size_t& used, OptionCode code, base::Bytes value) {
  CHECK(used <= options.size());
  if (value.size() > 65535 || options.size() - used < value.size() + 4) return false;
  base::store_be16(options.data() + used, static_cast<uint16_t>(code));
  base::store_be16(options.data() + used + 2, static_cast<uint16_t>(value.size()));
  if (!value.empty()) std::memcpy(options.data() + used + 4, value.data(), value.size());
  used += value.size() + 4;
  return true;
}

bool append_extended_error(base::MutableBytes options, size_t& used, ExtendedError code, std::string_view text) {
  CHECK(used <= options.size());
  const size_t value_bytes = text.size() + 2;
  if (value_bytes > 65535 || options.size() - used < value_bytes + 4) return false;
  uint8_t* at = options.data() + used;
  base::store_be16(at, static_cast<uint16_t>(OptionCode::kExtendedError));
  base::store_be16(at + 2, static_cast<uint16_t>(value_bytes));
  base::store_be16(at + 4, static_cast<uint16_t>(code));
  if (!text.empty()) std::memcpy(at + 6, text.data(), text.size());
  used += value_bytes + 4;
  return true;
}

}  // namespace wire

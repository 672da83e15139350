// Domain names in uncompressed wire form: length-prefixed labels up to and including the root
// label; at most 255 bytes, labels at most 63 (RFC 1035 §3.1).
//
//   NameView   borrowed, 16 bytes. Only checked bytes become a NameView, so every operation on
//              it is total and needs no further bounds checks.
//   Name       owned, in place (no heap): 255 bytes and a length.
//
//   |3|w|w|w|7|e|x|a|m|p|l|e|3|c|o|m|0|      size() == 17, label_count() == 3
//
// Comparison ignores ASCII letter case (RFC 4343) unless the name of the function says otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "wire/parse_error.h"

namespace base {
class Entropy;
class KeyedHash;
}  // namespace base

namespace wire {

inline constexpr size_t kNameBytesMax = 255;
inline constexpr size_t kLabelBytesMax = 63;
inline constexpr size_t kLabelsMax = 127;
// Compression pointers followed for one name. A name has at most 127 labels, so a sender has no
// use for more; without a bound, chains of pointers make a message cost quadratic work.
inline constexpr size_t kNamePointersMax = 127;

inline constexpr uint8_t kRootBytes[1] = {0};

class NameView {
 public:
  NameView() : data_(kRootBytes), size_(1) {}  // the root
  // Checks that `bytes` begins with a whole uncompressed name; what follows it is ignored.
  static Parsed<NameView> parse(base::Bytes bytes);
  // The size of the name that parse() would give, or 0 where it would give an error.
  static size_t checked_size(base::Bytes bytes) {
    const size_t limit = bytes.size() < kNameBytesMax ? bytes.size() : kNameBytesMax;
    const uint8_t* const data = bytes.data();
    for (size_t at = 0; at < limit;) {
      const size_t length = data[at];
      const bool is_label = length - 1 < kLabelBytesMax;  // the root wraps
      if (!is_label) return length == 0 ? at + 1 : 0;
      at += length + 1;
    }
    return 0;
  }
  // REQUIRES: `bytes` is exactly one checked name (as got from bytes() before).
  static NameView from_checked(base::Bytes bytes) { return NameView(bytes.data(), static_cast<uint8_t>(bytes.size())); }

  [[nodiscard]] base::Bytes bytes() const { return {data_, size_}; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool is_root() const { return size_ == 1; }
  [[nodiscard]] size_t label_count() const;  // the root label does not count
  // The first (leftmost) label without its length byte. REQUIRES: !is_root().
  [[nodiscard]] base::Bytes first_label() const { return {data_ + 1, data_[0]}; }
  // Without the first label. REQUIRES: !is_root().
  [[nodiscard]] NameView parent() const {
    return NameView(data_ + data_[0] + 1, static_cast<uint8_t>(size_ - data_[0] - 1));
  }
  // The last `labels` labels. REQUIRES: labels <= label_count().
  [[nodiscard]] NameView suffix(size_t labels) const;
  // Equal to `zone` or below it.
  [[nodiscard]] bool is_within(NameView zone) const {
    return size_ == zone.size_ ? equals(zone) : is_below(zone);
  }
  [[nodiscard]] bool is_wildcard() const { return size_ >= 2 && data_[0] == 1 && data_[1] == '*'; }
  // The longest common suffix, in labels.
  [[nodiscard]] size_t common_labels(NameView other) const;
  // RFC 4034 §6.1 canonical order: negative, 0, positive.
  [[nodiscard]] int compare_canonical(NameView other) const;
  [[nodiscard]] bool equals_exactly(NameView other) const;  // letter case counts
  friend bool operator==(NameView left, NameView right) { return left.equals(right); }

  // Presentation format with a final dot, escapes as RFC 1035 §5.1; root is ".".
  [[nodiscard]] std::string to_text() const;

 private:
  friend class Name;
  NameView(const uint8_t* data, uint8_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool equals(NameView other) const;
  [[nodiscard]] bool is_below(NameView zone) const;
  const uint8_t* data_;
  uint8_t size_;
};

class Name {
 public:
  Name() : size_(1) { bytes_[0] = 0; }
  explicit Name(NameView view);
  // "www.example.com", final dot optional, escapes \. and \DDD.
  static Parsed<Name> from_text(std::string_view text);
  // Decompresses the name at `offset` of `message`. On success `*end` (when given) is the offset
  // just after it. Pointers must lead to names that end before, and are at most kNamePointersMax,
  // so the work is bounded by 255 bytes and that many pointers.
  static Parsed<Name> from_message(base::Bytes message, size_t offset, size_t* end = nullptr);
  // The same check without the copy; gives the offset just after the name.
  static Parsed<size_t> check_in_message(base::Bytes message, size_t offset);
  // label + rest. kBadLabel for an empty label or one above 63 bytes; kNameTooLong when it does not fit.
  static Parsed<Name> prepend(base::Bytes label, NameView rest);
  // `name` with its last suffix `from` replaced by `to`: what a DNAME does (RFC 6672 §2.2).
  // REQUIRES: name.is_within(from). kNameTooLong when the result does not fit (YXDOMAIN).
  static Parsed<Name> replace_suffix(NameView name, NameView from, NameView to);

  // Not explicit on purpose: an owned name serves wherever a borrowed one does. Keep the Name
  // alive as long as the view.
  operator NameView() const { return view(); }  // NOLINT
  [[nodiscard]] NameView view() const { return NameView(bytes_.data(), size_); }
  [[nodiscard]] Name lowercased() const;
  // Each letter's case drawn at random (draft-vixie-dnsext-dns0x20).
  [[nodiscard]] Name with_random_case(base::Entropy& entropy) const;
  [[nodiscard]] std::string to_text() const { return view().to_text(); }
  friend bool operator==(const Name& left, const Name& right) { return left.view() == right.view(); }

 private:
  std::array<uint8_t, kNameBytesMax> bytes_;
  uint8_t size_;
};

// Lower-case copy of `from` into `to`. REQUIRES: same sizes.
void lowercase_into(base::Bytes from, base::MutableBytes to);

}  // namespace wire

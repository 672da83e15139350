#include "wire/name.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/entropy.h"
#include "wire/ascii_fold.h"

namespace wire {
namespace {

constexpr uint8_t kLabelTypeMask = 0xC0;  // RFC 1035 §4.1.4: 00 a label, 11 a pointer

// Where each label of a name begins, leftmost first; the root label is left out.
struct LabelStarts {
  explicit LabelStarts(NameView name) {
    const uint8_t* bytes = name.bytes().data();
    for (size_t at = 0; bytes[at] != 0; at += bytes[at] + size_t{1}) start[count++] = static_cast<uint8_t>(at);
  }
  std::array<uint8_t, kLabelsMax> start;
  size_t count = 0;
};

int compare_labels(const uint8_t* left, const uint8_t* right) {
  const size_t shared = std::min(left[0], right[0]);
  for (size_t at = 1; at <= shared; ++at) {
    const int difference = int{kLowercase[left[at]]} - int{kLowercase[right[at]]};
    if (difference != 0) return difference;
  }
  return int{left[0]} - int{right[0]};
}

struct Walked {
  size_t name_bytes = 0;  // expanded
  size_t end = 0;         // just after the name where it began
};

// Follows the name at `offset`, calling append(bytes, size) for each label with its length byte.
// A pointer names a prior occurrence (RFC 1035 §4.1.4): the labels it leads to begin and end
// before the labels it stands behind, so the walk cannot loop or read a byte twice. The number of
// pointers is bounded as well, because a chain of pointers that yields no label would otherwise
// make the work on a message quadratic.
template <class Append>
Parsed<Walked> walk_name(base::Bytes message, size_t offset, Append&& append) {
  Walked walked;
  size_t at = offset;
  size_t run_start = offset;          // of the labels being read
  size_t run_limit = message.size();  // they end before this
  auto overrun = ParseError::kTruncated;
  for (size_t pointers = 0;;) {
    if (at >= run_limit) return base::error(overrun);
    const uint8_t length = message[at];
    if (length == 0) break;
    if ((length & kLabelTypeMask) == 0) {
      if (run_limit - at <= length) return base::error(overrun);
      if (walked.name_bytes + length + 2 > kNameBytesMax) return base::error(ParseError::kNameTooLong);
      append(message.data() + at, size_t{length} + 1);
      walked.name_bytes += size_t{length} + 1;
      at += size_t{length} + 1;
      continue;
    }
    if ((length & kLabelTypeMask) != kLabelTypeMask) return base::error(ParseError::kBadLabel);
    if (run_limit - at < 2) return base::error(overrun);
    const size_t target = base::load_be16(message.data() + at) & 0x3FFFU;
    if (target >= run_start || pointers == kNamePointersMax) return base::error(ParseError::kBadPointer);
    if (pointers++ == 0) walked.end = at + 2;
    run_limit = run_start;
    overrun = ParseError::kBadPointer;
    at = run_start = target;
  }
  append(kRootBytes, 1);
  ++walked.name_bytes;
  if (walked.end == 0) walked.end = at + 1;
  return walked;
}

}  // namespace

Parsed<NameView> NameView::parse(base::Bytes bytes) {
  size_t at = 0;
  for (;;) {
    if (at >= bytes.size()) return base::error(ParseError::kTruncated);
    const uint8_t length = bytes[at];
    if ((length & kLabelTypeMask) == kLabelTypeMask) return base::error(ParseError::kBadPointer);
    if (length > kLabelBytesMax) return base::error(ParseError::kBadLabel);
    at += size_t{length} + 1;
    if (at > kNameBytesMax) return base::error(ParseError::kNameTooLong);
    if (length == 0) return NameView(bytes.data(), static_cast<uint8_t>(at));
  }
}

size_t NameView::label_count() const {
  size_t count = 0;
  for (size_t at = 0; data_[at] != 0; at += data_[at] + size_t{1}) ++count;
  return count;
}

NameView NameView::suffix(size_t labels) const {
  const size_t have = label_count();
  CHECK(labels <= have);
  NameView name = *this;
  for (size_t left = have - labels; left > 0; --left) name = name.parent();
  return name;
}

bool NameView::equals(NameView other) const {
  return size_ == other.size_ && equal_ignoring_case(data_, other.data_, size_);
}

bool NameView::equals_exactly(NameView other) const {
  return size_ == other.size_ && std::memcmp(data_, other.data_, size_) == 0;
}

bool NameView::is_below(NameView zone) const {
  NameView name = *this;
  while (name.size_ > zone.size_) name = name.parent();
  return size_ > zone.size_ && name.equals(zone);
}

size_t NameView::common_labels(NameView other) const {
  const LabelStarts ours(*this);
  const LabelStarts theirs(other);
  const size_t count_max = std::min(ours.count, theirs.count);
  size_t common = 0;
  while (common < count_max && compare_labels(data_ + ours.start[ours.count - 1 - common],
                                              other.data_ + theirs.start[theirs.count - 1 - common]) == 0) {
    ++common;
  }
  return common;
}

int NameView::compare_canonical(NameView other) const {
  const LabelStarts ours(*this);
  const LabelStarts theirs(other);
  const size_t count_max = std::min(ours.count, theirs.count);
  for (size_t index = 1; index <= count_max; ++index) {
    const int difference =
        compare_labels(data_ + ours.start[ours.count - index], other.data_ + theirs.start[theirs.count - index]);
    if (difference != 0) return difference;
  }
  return static_cast<int>(ours.count) - static_cast<int>(theirs.count);
}

Name::Name(NameView view) : size_(view.size_) { std::memcpy(bytes_.data(), view.data_, view.size_); }

Parsed<Name> Name::from_message(base::Bytes message, size_t offset, size_t* end) {
  Name name;
  size_t used = 0;
  const auto walked = walk_name(message, offset, [&](const uint8_t* label, size_t size) {
    std::memcpy(name.bytes_.data() + used, label, size);
    used += size;
  });
  if (!walked) return base::error(walked.error());
  name.size_ = static_cast<uint8_t>(walked->name_bytes);
  if (end != nullptr) *end = walked->end;
  return name;
}

Parsed<size_t> Name::check_in_message(base::Bytes message, size_t offset) {
  const auto walked = walk_name(message, offset, [](const uint8_t*, size_t) {});
  if (!walked) return base::error(walked.error());
  return walked->end;
}

Parsed<Name> Name::prepend(base::Bytes label, NameView rest) {
  if (label.empty() || label.size() > kLabelBytesMax) return base::error(ParseError::kBadLabel);
  const size_t size = label.size() + 1 + rest.size();
  if (size > kNameBytesMax) return base::error(ParseError::kNameTooLong);
  Name name;
  name.bytes_[0] = static_cast<uint8_t>(label.size());
  std::memcpy(name.bytes_.data() + 1, label.data(), label.size());
  std::memcpy(name.bytes_.data() + 1 + label.size(), rest.data_, rest.size_);
  name.size_ = static_cast<uint8_t>(size);
  return name;
}

Parsed<Name> Name::replace_suffix(NameView name, NameView from, NameView to) {
  CHECK(name.is_within(from));
  const size_t kept = name.size() - from.size();
  if (kept + to.size() > kNameBytesMax) return base::error(ParseError::kNameTooLong);
  Name result;
  std::memcpy(result.bytes_.data(), name.data_, kept);
  std::memcpy(result.bytes_.data() + kept, to.data_, to.size_);
  result.size_ = static_cast<uint8_t>(kept + to.size());
  return result;
}

Name Name::lowercased() const {
  Name name;
  name.size_ = size_;
  lowercase_into(view().bytes(), {name.bytes_.data(), size_});
  return name;
}

Name Name::with_random_case(base::Entropy& entropy) const {
  std::array<uint8_t, (kNameBytesMax + 7) / 8> coins;
  entropy.fill({coins.data(), (size_ + size_t{7}) / 8});
  Name name = *this;
  // Length bytes are no letters, so labels need not be told apart.
  for (size_t at = 0; at < size_; ++at) {
    const uint8_t lower = kLowercase[name.bytes_[at]];
    const bool is_letter = lower >= 'a' && lower <= 'z';
    if (!is_letter) continue;
    const bool upper = ((coins[at / 8] >> (at % 8)) & 1) != 0;
    name.bytes_[at] = upper ? static_cast<uint8_t>(lower - 0x20) : lower;
  }
  return name;
}

void lowercase_into(base::Bytes from, base::MutableBytes to) {
  CHECK(from.size() == to.size());
  lowercase_bytes(from.data(), to.data(), from.size());
}

}  // namespace wire

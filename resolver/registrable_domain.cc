#include "resolver/registrable_domain.h"

#include <libpsl.h>

#include <algorithm>
#include <array>

namespace resolver {
namespace {

// No rule of the list has more labels than 5; what stands before these makes no difference.
constexpr size_t kLabelsLooked = 8;

// libpsl takes text. Rules are letters, digits and hyphens (others stand there as A-labels, too): any
// other byte becomes '_', which no rule holds, so a dot inside a label cannot pretend to be two labels.
char rule_char(uint8_t byte) {
  if (byte >= 'A' && byte <= 'Z') return static_cast<char>(byte - 'A' + 'a');
  const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
  return is_plain ? static_cast<char>(byte) : '_';
}

}  // namespace

wire::NameView registrable_domain(wire::NameView name) {
  const size_t labels = name.label_count();
  if (labels <= 1) return name;
  std::array<char, wire::kNameBytesMax + 1> text;
  size_t size = 0;
  for (wire::NameView rest = name.suffix(std::min(labels, kLabelsLooked)); !rest.is_root(); rest = rest.parent()) {
    if (size != 0) text[size++] = '.';
    for (const uint8_t byte : rest.first_label()) text[size++] = rule_char(byte);
  }
  text[size] = '\0';
  const char* found = psl_registrable_domain(psl_builtin(), text.data());
  if (found == nullptr) return name;
  return name.suffix(static_cast<size_t>(std::count(found, static_cast<const char*>(text.data()) + size, '.')) + 1);
}

wire::NameView RegistrableDomains::of(wire::NameView name) {
  const uint64_t hash = hash_(name.bytes());
  uint64_t& slot = slots_[hash % slots_.size()];
  constexpr uint64_t kLabels = 0xff;
  if (slot == 0 || ((slot ^ hash) & ~kLabels) != 0) slot = (hash & ~kLabels) | registrable_domain(name).label_count();
  return name.suffix(slot & kLabels);
}

}  // namespace resolver

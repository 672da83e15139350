// IP addresses, endpoints and prefixes as values. No sockets: `net` turns them into sockaddr.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace base {

enum class Family : uint8_t { kV4, kV6 };

class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress v4(Bytes four_bytes);      // REQUIRES: 4 bytes
  static IpAddress v6(Bytes sixteen_bytes);   // REQUIRES: 16 bytes
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::kV4; }
  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), is_v4() ? size_t{4} : size_t{16}}; }
  [[nodiscard]] std::string to_text() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  friend class Prefix;
  Family family_ = Family::kV4;
  std::array<uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  // "192.0.2.1:53", "[2001:db8::1]:53"; without a port, `default_port` (also "192.0.2.1@53").
  static std::optional<Endpoint> parse(std::string_view text, uint16_t default_port);
  [[nodiscard]] std::string to_text() const;
  auto operator<=>(const Endpoint&) const = default;
};

class Prefix {
 public:
  Prefix() = default;
  Prefix(const IpAddress& address, uint8_t bits);
  // "10.0.0.0/8", or a bare address (all its bits).
  static std::optional<Prefix> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const {
    if (address.family_ != address_.family_) return false;
    // The bytes beyond those of the family are zero on both sides.
    const auto differ = [&](size_t at) { return load_be64(&address.bytes_[at]) ^ load_be64(&address_.bytes_[at]); };
    if (bits_ == 0) return true;
    if (bits_ <= 64) return differ(0) >> (64 - bits_) == 0;
    return differ(0) == 0 && differ(8) >> (128 - bits_) == 0;
  }
  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] uint8_t bits() const { return bits_; }
  [[nodiscard]] std::string to_text() const;
  auto operator<=>(const Prefix&) const = default;

 private:
  IpAddress address_;  // host bits are zero
  uint8_t bits_ = 0;
};

}  // namespace base

template <>
struct std::hash<base::IpAddress> {
  size_t operator()(const base::IpAddress& address) const noexcept;
};

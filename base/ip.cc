#include "base/ip.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "base/check.h"

namespace base {
namespace {

std::optional<uint32_t> parse_number(std::string_view text, uint32_t maximum) {
  uint32_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || value > maximum) return std::nullopt;
  return value;
}

}  // namespace

IpAddress IpAddress::v4(Bytes four_bytes) {
  CHECK(four_bytes.size() == 4);
  IpAddress address;
  address.family_ = Family::kV4;
  std::memcpy(address.bytes_.data(), four_bytes.data(), 4);
  return address;
}

IpAddress IpAddress::v6(Bytes sixteen_bytes) {
  CHECK(sixteen_bytes.size() == 16);
  IpAddress address;
  address.family_ = Family::kV6;
  std::memcpy(address.bytes_.data(), sixteen_bytes.data(), 16);
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return v4({bytes.data(), 4});
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return v6(bytes);
  return std::nullopt;
}

std::string IpAddress::to_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  CHECK(inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size()) != nullptr);
  return text.data();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text, uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty()) {
      if (rest.front() != ':' && rest.front() != '@') return std::nullopt;
      port = rest.substr(1);
      if (port.empty()) return std::nullopt;
    }
  } else if (const size_t at = text.find('@'); at != std::string_view::npos) {
    host = text.substr(0, at);
    port = text.substr(at + 1);
    if (port.empty()) return std::nullopt;
  } else if (const size_t colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return std::nullopt;
  }
  const auto address = IpAddress::parse(host);
  if (!address) return std::nullopt;
  if (port.empty()) return Endpoint{*address, default_port};
  const auto number = parse_number(port, 65535);
  if (!number || *number == 0) return std::nullopt;
  return Endpoint{*address, static_cast<uint16_t>(*number)};
}

std::string Endpoint::to_text() const {
  const std::string host = address.is_v4() ? address.to_text() : "[" + address.to_text() + "]";
  return host + ":" + std::to_string(port);
}

Prefix::Prefix(const IpAddress& address, uint8_t bits) : bits_(bits) {
  CHECK(bits <= address.bytes().size() * 8);
  std::array<uint8_t, 16> masked{};
  for (size_t index = 0; index < address.bytes().size(); ++index) {
    const int kept = static_cast<int>(bits) - static_cast<int>(index) * 8;
    const int mask = kept >= 8 ? 0xFF : kept <= 0 ? 0 : (0xFF << (8 - kept)) & 0xFF;
    masked[index] = static_cast<uint8_t>(address.bytes()[index] & mask);
  }
  address_ = address.is_v4() ? IpAddress::v4({masked.data(), 4}) : IpAddress::v6(masked);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const uint32_t bits_max = static_cast<uint32_t>(address->bytes().size() * 8);
  if (slash == std::string_view::npos) return Prefix(*address, static_cast<uint8_t>(bits_max));
  const auto bits = parse_number(text.substr(slash + 1), bits_max);
  if (!bits) return std::nullopt;
  return Prefix(*address, static_cast<uint8_t>(*bits));
}

std::string Prefix::to_text() const { return address_.to_text() + "/" + std::to_string(bits_); }

}  // namespace base

size_t std::hash<base::IpAddress>::operator()(const base::IpAddress& address) const noexcept {
  const base::Bytes bytes = address.bytes();
  return std::hash<std::string_view>{}(base::as_text(bytes));
}

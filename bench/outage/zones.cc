#include "bench/outage/zones.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>

namespace outage {
namespace {

constexpr uint16_t kTypeA = 1, kTypeNs = 2, kTypeSoa = 6, kTypeTxt = 16, kTypeOpt = 41;
constexpr uint16_t kClassIn = 1;
constexpr uint8_t kNoError = 0, kServfail = 2, kNxdomain = 3, kRefused = 5;
constexpr uint32_t kTtl = 5, kServerTtl = 3600;
constexpr size_t kHeaderBytes = 12;
constexpr uint16_t kUdpPayload = 1232;

std::string to_wire(const std::string& text) {
  std::string wire, label;
  std::istringstream labels(text);
  while (std::getline(labels, label, '.')) {
    wire.push_back(static_cast<char>(label.size()));
    for (const char c : label) wire.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  }
  wire.push_back('\0');
  return wire;
}

std::vector<std::string> to_wire_list(const std::string& text) {
  std::vector<std::string> names;
  std::string one;
  std::istringstream list(text);
  while (std::getline(list, one, ',')) {
    if (one != "-") names.push_back(to_wire(one));
  }
  return names;
}

std::optional<uint32_t> to_address(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address.s_addr;
}

struct Question {
  std::string name;  // wire format, lower case
  uint16_t type = 0;
  size_t end = 0;  // offset after the question
  bool has_opt = false;
  bool is_do = false;
};

uint16_t load16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The question of a query with nothing but an OPT record after it.
std::optional<Question> parse(std::span<const uint8_t> query) {
  if (query.size() < kHeaderBytes || (query[2] & 0xf8) != 0 || load16(query, 4) != 1) return std::nullopt;
  Question question;
  size_t at = kHeaderBytes;
  while (true) {
    if (at >= query.size()) return std::nullopt;
    const size_t length = query[at];
    if (length > 63 || at + 1 + length > query.size() || question.name.size() + length + 1 > 255) return std::nullopt;
    question.name.push_back(static_cast<char>(length));
    for (size_t i = 1; i <= length; ++i) {
      const uint8_t c = query[at + i];
      question.name.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
    at += 1 + length;
    if (length == 0) break;
  }
  if (at + 4 > query.size() || load16(query, at + 2) != kClassIn) return std::nullopt;
  question.type = load16(query, at);
  question.end = at + 4;
  if (load16(query, 10) == 1 && query.size() >= question.end + 11 && query[question.end] == 0 &&
      load16(query, question.end + 1) == kTypeOpt) {
    question.has_opt = true;
    question.is_do = (query[question.end + 7] & 0x80) != 0;
  }
  return question;
}

// Writes a message; what does not fit is counted nowhere, because the caller's room always suffices: a world's
// names are short, and an NS set has two members, or a handful for a provider's own zone.
class Writer {
 public:
  Writer(std::span<uint8_t> room, std::span<const uint8_t> query, const Question& question) : room_(room) {
    put(query.first(question.end));
    room_[2] = static_cast<uint8_t>(0x84 | (query[2] & 0x01));  // QR, AA, RD as asked
    room_[3] = 0;
    for (size_t i = 6; i < kHeaderBytes; ++i) room_[i] = 0;
  }

  void set_rcode(uint8_t rcode) { room_[3] = rcode; }
  void clear_authoritative() { room_[2] = static_cast<uint8_t>(room_[2] & ~0x04); }

  enum class Section : size_t { kAnswer = 6, kAuthority = 8, kAdditional = 10 };

  // `owner_at` is the offset of the owner's name inside this message.
  void record(Section section, size_t owner_at, uint16_t type, uint32_t ttl, const std::string& rdata) {
    put16(static_cast<uint16_t>(0xc000 | owner_at));
    put16(type);
    put16(kClassIn);
    put16(static_cast<uint16_t>(ttl >> 16));
    put16(static_cast<uint16_t>(ttl));
    put16(static_cast<uint16_t>(rdata.size()));
    put({reinterpret_cast<const uint8_t*>(rdata.data()), rdata.size()});
    count(section);
  }

  void opt(bool is_do) {
    const std::array<uint8_t, 11> record{0,    0,    kTypeOpt, kUdpPayload >> 8, kUdpPayload & 0xff, 0, 0, 0x00,
                                         0x00, 0x00, 0x00};
    put(record);
    if (is_do) room_[size_ - 4] = 0x80;
    count(Section::kAdditional);
  }

  bool is_full() const { return is_full_; }
  size_t size() const { return size_; }

 private:
  void count(Section section) { ++room_[static_cast<size_t>(section) + 1]; }
  void put16(uint16_t value) {
    const std::array<uint8_t, 2> bytes{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
    put(bytes);
  }
  void put(std::span<const uint8_t> bytes) {
    if (size_ + bytes.size() > room_.size()) {
      is_full_ = true;
      return;
    }
    std::copy(bytes.begin(), bytes.end(), room_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }

  std::span<uint8_t> room_;
  size_t size_ = 0;
  bool is_full_ = false;
};

std::string as_text(uint32_t number) {
  std::string wire;
  for (int shift = 24; shift >= 0; shift -= 8) wire.push_back(static_cast<char>(number >> shift & 0xff));
  return wire;
}

std::string soa(const Zone& zone, Provider provider, uint32_t minimum) {
  const std::vector<std::string>& servers = zone.servers[static_cast<size_t>(provider)];
  std::string rdata = servers.empty() ? zone.name : servers.front();
  rdata += std::string("\4host", 5) + zone.name;
  for (const uint32_t number : {1u, 1800u, 900u, 604800u, minimum}) rdata += as_text(number);
  return rdata;
}

std::string stamp(Provider provider, uint64_t tenths) {
  std::string rdata = as_text(static_cast<uint32_t>(tenths & 0xffffff));
  rdata[0] = static_cast<char>(provider == Provider::kA ? 11 : 12);
  return rdata;
}

}  // namespace

bool World::read_line(const std::string& line) {
  std::istringstream fields(line);
  std::string kind, first, second, third, fourth, fifth;
  fields >> kind >> first >> second >> third >> fourth >> fifth;
  if (kind == "server" || kind == "host") {
    const std::optional<uint32_t> address = to_address(second);
    if (!address) return false;
    if (kind == "host") {
      hosts_[to_wire(first)] = *address;
    } else {
      servers_.push_back({first == "A" ? Provider::kA : Provider::kB, *address});
    }
    return true;
  }
  Zone zone{};
  if (kind == "provider") {
    const size_t provider = first == "A" ? 0 : 1;
    zone.name = to_wire(second);
    zone.served_by[provider] = true;
    zone.servers[provider] = to_wire_list(third);
  } else if (kind == "zone") {
    zone.name = to_wire(third);
    zone.www = to_wire(second + "." + third);
    zone.served_by[0] = first != "b";
    zone.served_by[1] = true;
    zone.servers[0] = to_wire_list(fourth);
    zone.servers[1] = to_wire_list(fifth);
  } else {
    return false;
  }
  zones_[zone.name] = zone;
  return true;
}

std::optional<World> World::read(const std::string& path, std::string& error) {
  std::ifstream file(path);
  if (!file) {
    error = "cannot read " + path + ": give the world file that bench/outage/world.py writes";
    return std::nullopt;
  }
  World world;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (!world.read_line(line)) {
      error = path + ":" + std::to_string(number) + ": this line says nothing that a world has: " + line;
      return std::nullopt;
    }
  }
  return world;
}

size_t World::answer(Provider provider, Voice voice, uint64_t tenths, std::span<const uint8_t> query,
                     std::span<uint8_t> room) const {
  const std::optional<Question> question = parse(query);
  if (!question) return 0;
  Writer writer(room, query, *question);
  const auto finish = [&](uint8_t rcode) {
    writer.set_rcode(rcode);
    if (question->has_opt) writer.opt(question->is_do);
    return writer.is_full() ? 0 : writer.size();
  };

  const Zone* zone = nullptr;
  size_t cut = 0;
  while (question->name[cut] != 0) {
    const auto found = zones_.find(question->name.substr(cut));
    if (found != zones_.end()) {
      zone = &found->second;
      break;
    }
    cut += 1 + static_cast<size_t>(static_cast<uint8_t>(question->name[cut]));
  }
  const size_t side = static_cast<size_t>(provider);
  if (voice == Voice::kRefused || voice == Voice::kServfail || zone == nullptr || !zone->served_by[side]) {
    writer.clear_authoritative();
    return finish(voice == Voice::kServfail ? kServfail : kRefused);
  }

  const bool is_provider = zone->www.empty();
  const uint32_t ttl = is_provider ? kServerTtl : kTtl;
  const auto deny = [&](uint8_t rcode) {
    writer.record(Writer::Section::kAuthority, kHeaderBytes + cut, kTypeSoa, ttl, soa(*zone, provider, ttl));
    return finish(rcode);
  };
  const bool is_apex = cut == 0;
  const auto host = is_provider ? hosts_.find(question->name) : hosts_.end();
  const bool is_host = is_provider ? host != hosts_.end() : question->name == zone->www;
  if (!is_apex && (!is_host || (voice == Voice::kNxdomain && !is_provider))) return deny(kNxdomain);

  const auto give = [&](uint32_t seconds, const std::string& rdata) {
    writer.record(Writer::Section::kAnswer, kHeaderBytes, question->type, seconds, rdata);
  };
  if (is_apex && question->type == kTypeSoa) {
    give(ttl, soa(*zone, provider, ttl));
  } else if (is_apex && question->type == kTypeNs) {
    for (const std::string& server : zone->servers[side]) give(kServerTtl, server);
  } else if (is_host && question->type == kTypeA) {
    give(ttl, is_provider ? std::string(reinterpret_cast<const char*>(&host->second), 4) : stamp(provider, tenths));
  } else if (is_host && !is_provider && question->type == kTypeTxt) {
    const std::string text = std::string(provider == Provider::kA ? "A " : "B ") + std::to_string(tenths);
    give(ttl, static_cast<char>(text.size()) + text);
  } else {
    return deny(kNoError);
  }
  return finish(kNoError);
}

}  // namespace outage

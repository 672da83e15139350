// The whole engine fed by a hostile world: clients, servers that answer anything, time, failures of
// the network. The input is a script of what happens next. Whatever happens: no crash, every answer
// parses and echoes its question, and at the end nothing is left in hand.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "cache/cache.h"
#include "resolver/answer.h"
#include "resolver/engine.h"
#include "resolver/hit.h"
#include "resolver/root_hints.h"
#include "wire/message.h"
#include "wire/writer.h"

namespace {

using resolver::Effect;

constexpr std::array kNames = {
    ".",    "com.",           "example.com.",     "www.example.com.",   "a.b.c.d.example.com.", "ns1.example.com.",
    "net.", "ns1.other.net.", "alias.other.net.", "x.alias.other.net.", "_tcp.example.com."};
constexpr std::array kTypes = {wire::Type::kA,     wire::Type::kAaaa, wire::Type::kNs, wire::Type::kCname,
                               wire::Type::kDname, wire::Type::kSoa,  wire::Type::kDs, wire::Type::kTxt,
                               wire::Type::kAny,   wire::Type::kMx};

struct Outstanding {
  resolver::ExchangeId exchange{};
  resolver::StreamId stream{};
  bool tcp = false;
  std::vector<uint8_t> query;
};

class World {
 public:
  World(const uint8_t* data, size_t size)
      : input_(data, size),
        options_(options(size % 2 == 1)),
        reader_(cache_.readers().register_reader()),
        engine_(options_, shared(), reader_, {}, counters_) {
    reader_.online();
  }

  void run() {
    for (int step = 0; step < 200 && input_.remaining_bytes() > 0; ++step) {
      act();
      drain();
    }
    heal();
  }

 private:
  static resolver::Options options(bool validates) {
    resolver::Options options;
    if (validates) {
      options.dnssec.anchors = resolver::dnssec::TrustAnchors::iana();
      options.dnssec.aggressive = true;
    }
    options.root_hints = resolver::builtin_root_hints();
    options.answer.allow = {*base::Prefix::parse("0.0.0.0/0")};
    options.bounds.clients_max = 16;
    options.bounds.resolutions_max = 32;
    options.bounds.exchanges_max = 16;
    const auto zone = [](const char* text) { return *wire::Name::from_text(text); };
    options.routes = resolver::RouteTable({{"forwarder", {*base::Endpoint::parse("192.0.2.53", 5353)}, false},
                                           {"stub", {*base::Endpoint::parse("192.0.2.54", 53)}, true}},
                                          {{wire::Name(), {resolver::kIterateStep, 0}},
                                           {zone("net."), {0, resolver::kIterateStep}},
                                           {zone("other.net."), {1}}});
    return options;
  }
  resolver::Shared shared() { return {&cache_, &claims_, &health_, &providers_, &provider_keys_, &denials_}; }
  [[nodiscard]] base::Now now() const { return {boot_, {1'700'000'000}}; }

  void act() {
    switch (input_.ConsumeIntegralInRange(0, 8)) {
      case 0:
      case 1:
        return ask();
      case 2:
      case 3:
      case 4:
        return answer(input_.ConsumeBool());
      case 5:
        boot_ = boot_ + base::milliseconds(input_.ConsumeIntegralInRange(1, 5000));
        return engine_.handle_timeout(now());
      case 6:
        return break_something();
      case 7:
        return engine_.handle_woken(now());
      case 8:
        return engine_.handle_client_gone(now(), resolver::ClientId{input_.ConsumeIntegralInRange<uint64_t>(1, 64)});
    }
  }

  wire::Name draw_name() { return *wire::Name::from_text(input_.PickValueInArray(kNames)); }

  void ask() {
    std::array<uint8_t, 512> buffer;
    wire::Header header;
    header.id = input_.ConsumeIntegral<uint16_t>();
    header.rd = true;
    wire::MessageWriter writer(buffer, buffer.size(), header);
    CHECK(writer.question(draw_name(), input_.PickValueInArray(kTypes), wire::Class::kIn));
    if (input_.ConsumeBool()) CHECK(writer.opt(1232, 0, input_.ConsumeBool(), {}));
    const base::Bytes packet = writer.finish();
    std::vector<uint8_t> out(resolver::kAnswerBytesMax);
    std::array<resolver::HitSlot, 1> slot;
    slot[0].query = {.client = resolver::ClientId{++clients_},
                     .address = *base::IpAddress::parse("192.0.2.1"),
                     .transport = input_.ConsumeBool() ? resolver::Transport::kUdp : resolver::Transport::kTcp,
                     .packet = packet};
    slot[0].out = out;
    resolver::answer_hits(now(), slot, options_.answer, cache_, counters_);
    if (slot[0].outcome == resolver::HitOutcome::kAnswered) check_answer({out.data(), slot[0].out_bytes});
    if (slot[0].outcome == resolver::HitOutcome::kMiss) engine_.handle_query(now(), slot[0].query);
  }

  static void check_answer(base::Bytes message) {
    const auto answer = wire::MessageView::parse(message);
    CHECK(answer);
    CHECK(answer->header().qr);
    CHECK(answer->question().has_value());
  }

  // A response to one of the queries that are out: well formed but lying, or any bytes at all.
  void answer(bool well_formed) {
    if (outstanding_.empty()) return;
    const size_t index = input_.ConsumeIntegralInRange<size_t>(0, outstanding_.size() - 1);
    const Outstanding to = outstanding_[index];
    const auto query = wire::MessageView::parse(to.query);
    CHECK(query && query->question());
    std::vector<uint8_t> response = well_formed ? lie(*query) : noise(to.query);
    if (to.tcp) {
      engine_.handle_stream_message(now(), to.stream, response);
    } else {
      engine_.handle_response(now(), to.exchange, response);
    }
  }

  std::vector<uint8_t> lie(const wire::MessageView& query) {
    std::vector<uint8_t> buffer(4096);
    wire::Header header;
    header.id = query.header().id;
    header.qr = true;
    header.aa = input_.ConsumeBool();
    header.tc = input_.ConsumeIntegralInRange(0, 7) == 0;
    header.rcode = input_.ConsumeIntegralInRange<uint8_t>(0, 6);
    wire::MessageWriter writer(buffer, buffer.size(), header);
    CHECK(writer.question(query.question()->name, query.question()->type, wire::Class::kIn));
    for (const auto section : {wire::Section::kAnswer, wire::Section::kAuthority, wire::Section::kAdditional}) {
      for (int count = input_.ConsumeIntegralInRange(0, 4); count > 0; --count) {
        const wire::Name owner = input_.ConsumeBool() ? query.question()->name : draw_name();
        const wire::Type type = input_.ConsumeBool() ? query.question()->type : input_.PickValueInArray(kTypes);
        const std::vector<uint8_t> rdata = rdata_of(type);
        (void)writer.record(section, owner, type, wire::Class::kIn, input_.ConsumeIntegral<uint16_t>(), rdata);
      }
    }
    if (input_.ConsumeBool()) (void)writer.opt(1232, input_.ConsumeIntegralInRange<uint8_t>(0, 1), false, {});
    const base::Bytes message = writer.finish();
    return {message.begin(), message.end()};
  }

  std::vector<uint8_t> rdata_of(wire::Type type) {
    const wire::Name name = draw_name();
    std::vector<uint8_t> rdata;
    const base::Bytes bytes = name.view().bytes();
    if (type == wire::Type::kA) return {192, 0, 2, input_.ConsumeIntegralInRange<uint8_t>(1, 4)};
    if (type == wire::Type::kAaaa) rdata.assign(16, 0x20);
    if (type == wire::Type::kMx) rdata = {0, 1};
    if (type == wire::Type::kTxt) return {1, 'x'};
    if (type != wire::Type::kAaaa) rdata.insert(rdata.end(), bytes.begin(), bytes.end());
    if (type == wire::Type::kSoa) {
      rdata.push_back(0);
      rdata.resize(rdata.size() + 20, 0);
    }
    return rdata;
  }

  std::vector<uint8_t> noise(const std::vector<uint8_t>& query) {
    std::vector<uint8_t> bytes(query.begin(), query.end());
    bytes[2] |= 0x80;
    const std::string tail = input_.ConsumeRandomLengthString(512);
    if (input_.ConsumeBool()) {
      bytes.assign(tail.begin(), tail.end());
    } else {
      bytes.insert(bytes.end(), tail.begin(), tail.end());
      for (size_t at = 6; at < 12; ++at) bytes[at] = input_.ConsumeIntegralInRange<uint8_t>(0, 3);
    }
    return bytes;
  }

  void break_something() {
    if (outstanding_.empty()) return;
    const Outstanding it = outstanding_[input_.ConsumeIntegralInRange<size_t>(0, outstanding_.size() - 1)];
    if (it.tcp) {
      if (input_.ConsumeBool()) return engine_.handle_stream_opened(now(), it.stream);
      forget_stream(it.stream);
      return engine_.handle_stream_closed(now(), it.stream, resolver::TransportError::kRefused);
    }
    switch (input_.ConsumeIntegralInRange(0, 2)) {
      case 0:
        return engine_.handle_port_taken(now(), it.exchange);
      case 1:
        return engine_.handle_no_descriptor(now(), it.exchange);
      default:
        return engine_.handle_exchange_error(now(), it.exchange, resolver::TransportError::kUnreachable);
    }
  }

  void drain() {
    while (const auto effect = engine_.poll_effect()) {
      if (const auto* send = std::get_if<resolver::SendQuery>(&*effect)) {
        outstanding_.push_back({.exchange = send->exchange, .query = send->query});
      } else if (const auto* close = std::get_if<resolver::CloseExchange>(&*effect)) {
        std::erase_if(outstanding_, [&](const Outstanding& it) { return !it.tcp && it.exchange == close->exchange; });
      } else if (const auto* message = std::get_if<resolver::SendOnStream>(&*effect)) {
        outstanding_.push_back({.stream = message->stream, .tcp = true, .query = message->message});
      } else if (const auto* gone = std::get_if<resolver::CloseStream>(&*effect)) {
        forget_stream(gone->stream);
      } else if (const auto* reply = std::get_if<resolver::Answer>(&*effect)) {
        check_answer(reply->message);
      }
    }
    while (outstanding_.size() > 64) outstanding_.pop_front();
  }

  void forget_stream(resolver::StreamId stream) {
    std::erase_if(outstanding_, [&](const Outstanding& it) { return it.tcp && it.stream == stream; });
  }

  // Nobody answers any more: everything ends by itself.
  void heal() {
    for (int step = 0; step < 100'000 && engine_.poll_timeout() != base::Instant::never(); ++step) {
      boot_ = std::max(boot_, engine_.poll_timeout());
      engine_.handle_timeout(now());
      drain();
    }
    const auto usage = engine_.usage();
    CHECK(usage.clients == 0);
    CHECK(usage.resolutions == 0);
    CHECK(usage.exchanges == 0);
    CHECK(usage.streams == 0);
    CHECK(usage.flights == 0);
    CHECK(usage.timers == 0);
    CHECK(usage.bytes == 0);
  }

  FuzzedDataProvider input_;
  const resolver::Options options_;
  cache::Cache cache_{{.memory_bytes = 1 << 20, .secret = {}, .readers_max = 4, .allocator = nullptr}};
  cache::ClaimTable claims_{64};
  cache::ServerHealth health_{64, {}};
  cache::ProviderHealth providers_{{.groups_max = 64, .group_zones_max = 256}};
  cache::ProviderKeys provider_keys_{{}};
  cache::DenialIndex denials_{1 << 16, {}};
  cache::Reader reader_;
  base::Counters counters_;
  resolver::Engine engine_;
  base::Instant boot_ = base::Instant::from_boot(base::seconds(1000));
  std::deque<Outstanding> outstanding_;
  uint64_t clients_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world(data, size);
  world.run();
  return 0;
}

// Attacks by single packets: forged, malformed, or made to cost work.
#include <algorithm>
#include <cstdio>

#include "tests/sim/attacks/internet.h"
#include "tests/sim/attacks/report.h"
#include "wire/writer.h"

namespace attacks {
namespace {

using wire::Type;

bool is_apex(const Ask& ask) { return ask.name.view().label_count() < 2; }

// Row 1: answers with guessed ids before the true one. Over TCP nobody can guess.
void kaminsky(size_t forgeries) {
  Bench bench({}, internet([forgeries](const Ask& ask) -> Packets {
    if (is_apex(ask)) return reply(ask, no_data("evil."));
    Packets packets;
    const uint16_t id = base::load_be16(ask.packet.data());
    for (size_t guess = 0; guess < forgeries && !ask.is_tcp; ++guess) {
      std::vector<uint8_t> forged = render(ask, addresses(ask.name, {kForged}));
      base::store_be16(forged.data(), static_cast<uint16_t>(id + 1 + guess));
      packets.push_back({base::Duration(0), std::move(forged)});
    }
    packets.push_back({base::milliseconds(5), render(ask, addresses(ask.name, {kGood}))});
    return packets;
  }));
  bench.warm_up();
  for (size_t index = 0; index < 100; ++index) {
    (void)bench.ask(0, "q" + std::to_string(index) + ".evil.", Type::kA, kClient);
    bench.run_until_answered();
    expect(bench.last_address() == kGood.to_text(), "Kaminsky: the answer is the true one");
  }
  bench.run_until_idle();
  print_row("Kaminsky, " + std::to_string(forgeries) + " forgeries each", 100, bench);
  expect(bench.totals().tcp == 100, "Kaminsky: each question moves to TCP");
  expect_at_most(bench.totals().udp, 102, "Kaminsky: queries over UDP");
  expect(bench.counter(base::Counter::kUpstreamForgerySuspected) == 100, "Kaminsky: every forger is noticed");
}

// Row 2: equal questions of many clients, to one engine or over all.
void birthday(size_t engines) {
  Settings settings;
  settings.engines = engines;
  Bench bench(settings, internet([](const Ask& ask) { return reply(ask, is_apex(ask) ? no_data("evil.") : addresses(ask.name, {kGood})); }));
  bench.warm_up();
  for (size_t engine = 0; engine < engines; ++engine) (void)bench.ask(engine, "known.evil.", Type::kA, kClient);
  bench.run_until_idle();
  bench.reset_totals();
  for (size_t index = 0; index < 1000; ++index) {
    (void)bench.ask(index % engines, "same.evil.", Type::kA, address(10, 0, static_cast<uint8_t>(index / 250), static_cast<uint8_t>(index % 250)));
  }
  bench.run_until_idle();
  print_row("birthday, " + std::to_string(engines) + " engines", 1000, bench);
  expect(bench.totals().sent() == 1, "birthday: one query for 1000 equal questions");
}

// Row 8: each of these comes first; the true answer 5 ms later.
std::vector<std::vector<uint8_t>> malformed(const Ask& ask) {
  const std::vector<uint8_t> good = render(ask, addresses(ask.name, {kForged}));
  std::vector<std::vector<uint8_t>> out;
  const auto changed = [&](size_t at, uint8_t bits) {
    std::vector<uint8_t> packet = good;
    packet[at] = static_cast<uint8_t>(packet[at] ^ bits);
    out.push_back(packet);
  };
  out.push_back({});                                         // nothing
  out.push_back({good.begin(), good.begin() + 11});          // less than a header
  out.push_back({good.begin(), good.begin() + 12});          // a header that promises more
  out.push_back({good.begin(), good.begin() + 20});          // half a question
  out.push_back({good.begin(), good.end() - 13});            // half a record
  out.push_back(std::vector<uint8_t>(500, 0xFF));
  out.push_back(std::vector<uint8_t>(500, 0xC0));
  changed(2, 0x80);   // a query
  changed(2, 0x28);   // another opcode
  changed(5, 0x03);   // two questions, perhaps
  changed(7, 0x7F);   // many answers
  changed(13, 0x01);  // another name
  changed(good.size() - 1, 0xFF);  // the length of the OPT record
  return out;
}

void tudoor() {
  size_t variants = 0;
  Bench bench({}, internet([&](const Ask& ask) -> Packets {
    if (is_apex(ask)) return reply(ask, no_data("evil."));
    const auto broken = malformed(ask);
    variants = broken.size();
    const size_t which = static_cast<size_t>(std::strtoul(label(ask.name).c_str() + 1, nullptr, 10)) % variants;
    Packets packets;
    if (!ask.is_tcp) packets.push_back({base::Duration(0), broken[which]});
    packets.push_back({base::milliseconds(5), render(ask, addresses(ask.name, {kGood}))});
    return packets;
  }));
  bench.warm_up();
  for (size_t index = 0; index < 100; ++index) {
    (void)bench.ask(0, "q" + std::to_string(index) + ".evil.", Type::kA, kClient);
    bench.run_until_answered();
    expect(bench.last_address() == kGood.to_text(), "TuDoor: malformed response " + std::to_string(index % variants) + " changes nothing");
  }
  bench.run_until_idle();
  print_row("TuDoor, malformed then true", 100, bench);
  expect_at_most(bench.totals().sent(), 220, "TuDoor: packets sent");
}

// Rows 34, 35, 36: answers that are large or costly to read. Each is asked for 100 times, as other names.
void costly(const std::string& attack, uint64_t sent_max, const std::function<std::vector<uint8_t>(const Ask&)>& make) {
  Bench bench({}, internet([&](const Ask& ask) -> Packets {
    if (is_apex(ask)) return reply(ask, no_data("evil."));
    return {{base::Duration(0), make(ask)}};
  }));
  bench.warm_up();
  for (size_t index = 0; index < 100; ++index) {
    (void)bench.ask(0, "q" + std::to_string(index) + ".evil.", Type::kA, kClient);
    bench.run_until_answered();
  }
  bench.run_until_idle();
  print_row(attack, 100, bench);
  expect_at_most(bench.totals().sent(), 100 * sent_max, attack + ": packets sent");
}

std::vector<uint8_t> huge_set(const Ask& ask) {
  std::vector<base::IpAddress> many;
  for (size_t index = 0; index < 3500; ++index) many.push_back(address(11, 0, static_cast<uint8_t>(index >> 8), static_cast<uint8_t>(index)));
  return render(ask, addresses(ask.name, many));
}

std::vector<uint8_t> largest_set(const Ask& ask) {
  std::vector<base::IpAddress> many;
  for (size_t index = 0; index < 250; ++index) many.push_back(address(11, 0, 0, static_cast<uint8_t>(index)));
  return render(ask, addresses(ask.name, many));
}

// As many empty options as fit into one OPT record, of unknown codes and of NSID, cookie and padding.
std::vector<uint8_t> many_options(size_t count) {
  std::vector<uint8_t> options;
  constexpr uint16_t kCodes[] = {3, 10, 12, 65001};
  for (size_t index = 0; index < count; ++index) {
    uint8_t option[4] = {};
    base::store_be16(option, index < 400 ? kCodes[index % 2 == 0 ? 0 : 2] : kCodes[3]);
    options.insert(options.end(), option, option + 4);
  }
  return options;
}

std::vector<uint8_t> long_option_list(const Ask& ask) {
  const std::vector<uint8_t> options = many_options(290);
  sim::RenderOptions how;
  how.bytes_max = 1232 + options.size();
  how.with_edns = true;
  how.edns_options = options;
  return sim::render(addresses(ask.name, {kGood}), *wire::MessageView::parse(ask.packet), how);
}

// Each owner is a pointer to a pointer to a pointer: over TCP, as many as fit.
std::vector<uint8_t> compression_bomb(const Ask& ask) {
  if (!ask.is_tcp) {
    sim::RenderOptions how;
    how.truncate = true;
    return sim::render({}, *wire::MessageView::parse(ask.packet), how);
  }
  std::vector<uint8_t> out = render(ask, {});
  out.resize(12 + ask.name.view().size() + 4);  // header and question
  const size_t pointers_at = out.size() + 11;
  const auto add_record = [&](uint16_t owner, const std::vector<uint8_t>& rdata) {
    std::vector<uint8_t> record(12);
    base::store_be16(record.data(), static_cast<uint16_t>(0xC000 | owner));
    base::store_be16(record.data() + 2, 16);  // TXT
    base::store_be16(record.data() + 4, 1);
    base::store_be32(record.data() + 6, 60);
    base::store_be16(record.data() + 10, static_cast<uint16_t>(rdata.size()));
    out.insert(out.end(), record.begin(), record.end());
    out.insert(out.end(), rdata.begin(), rdata.end());
  };
  // A chain in the RDATA of the first record: each pointer leads to the one before.
  std::vector<uint8_t> chain{1};
  for (size_t index = 0; index < 126; ++index) {
    const size_t before = index == 0 ? 12 : pointers_at + 2 + 2 * (index - 1);
    uint8_t pointer[2];
    base::store_be16(pointer, static_cast<uint16_t>(0xC000 | before));
    chain.insert(chain.end(), pointer, pointer + 2);
  }
  add_record(12, chain);
  uint16_t records = 1;
  while (out.size() + 14 < 65000) {
    add_record(static_cast<uint16_t>(pointers_at + 2 + 2 * 120), {1, 'x'});
    ++records;
  }
  base::store_be16(out.data() + 6, records);
  base::store_be16(out.data() + 10, 0);
  return out;
}

// Rows 34 and 36 from the client's side: a query of 64 KB of options over TCP.
void client_options() {
  Bench bench({}, internet([](const Ask& ask) { return reply(ask, is_apex(ask) ? no_data("evil.") : addresses(ask.name, {kGood})); }));
  bench.warm_up();
  const std::vector<uint8_t> options = many_options(16'000);
  for (size_t index = 0; index < 100; ++index) {
    bench.ask_packet(0, client_query("q" + std::to_string(index) + ".evil.", Type::kA, options), kClient, true);
    bench.run_until_answered();
  }
  bench.run_until_idle();
  print_row("64 KB of options in a query", 100, bench);
  expect_at_most(bench.totals().sent(), 102, "options in a query: packets sent");
}

}  // namespace

void packet_attacks() {
  kaminsky(3);
  kaminsky(5000);
  birthday(1);
  birthday(2);
  tudoor();
  costly("huge RRset, 3500 addresses", 3, huge_set);
  costly("large RRset, 250 addresses", 3, largest_set);
  costly("290 options in a response", 3, long_option_list);
  costly("compression bomb, 64 KB", 4, compression_bomb);
  client_options();
}

}  // namespace attacks

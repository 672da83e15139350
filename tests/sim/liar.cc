#include "tests/sim/liar.h"

#include "base/check.h"
#include "wire/writer.h"

namespace sim {
namespace {

using wire::Name;
using wire::NameView;
using wire::Type;

constexpr uint32_t kLieTtl_s = 86400;

Record address_lie(NameView owner) { return {Name(owner), Type::kA, kLieTtl_s, rdata_of(liar_address(Type::kA))}; }

Name liar_server(const Zone& own) { return below("ns", below(kLiarLabel, own.origin)); }

void add_victim_delegation(Response& response, const Zone& own, NameView victim_zone) {
  const Name server = liar_server(own);
  response.authority.push_back({Name(victim_zone), Type::kNs, kLieTtl_s, rdata_of(server)});
  response.additional.push_back({server, Type::kA, kLieTtl_s,
                                 own.data().find(below("ns", own.origin), Type::kA) != nullptr
                                     ? own.data().find(below("ns", own.origin), Type::kA)->rdatas.front()
                                     : rdata_of(liar_address(Type::kA))});
}

Response empty_referral() {
  Response response;
  response.authoritative = false;
  return response;
}

// A referral to so many servers whose addresses are not given (NXNSAttack).
Response wide_referral(const Zone& own, NameView name, const Zone& victim, Random& dice) {
  Response response = empty_referral();
  if (name.label_count() <= own.origin.view().label_count()) return response;
  const NameView child = name.suffix(own.origin.view().label_count() + 1);
  for (uint32_t index = dice.between(5, 40); index > 0; --index) {
    const Name server = below("nx" + std::to_string(dice.below(1'000'000)), victim.origin);
    response.authority.push_back({Name(child), Type::kNs, kLieTtl_s, rdata_of(server)});
  }
  return response;
}

// Child zones that are served from one another, or by an address that must never be asked.
Response looping_referral(const Zone& own, NameView name, Random& dice) {
  Response response = empty_referral();
  if (name.label_count() <= own.origin.view().label_count()) return response;
  const NameView child = name.suffix(own.origin.view().label_count() + 1);
  const bool to_self = dice.percent(50);
  const Name server =
      to_self ? below("ns", child) : below("ns", below("loop" + std::to_string(dice.below(3)), own.origin));
  response.authority.push_back({Name(child), Type::kNs, kLieTtl_s, rdata_of(server)});
  if (to_self) {
    response.additional.push_back(
        {server, Type::kA, kLieTtl_s, rdata_of(base::IpAddress::v4(std::array<uint8_t, 4>{127, 0, 0, 1}))});
  }
  return response;
}

}  // namespace

Response lie(const World& world, const Zone& own, NameView name, Type type, const Response& honest, Random& dice) {
  const Question& victim = world.questions[dice.below(static_cast<uint32_t>(world.questions.size()))];
  const Zone& victim_zone = world.zones[dice.below(static_cast<uint32_t>(world.zones.size()))];
  Response response = honest;
  if (!name.is_within(own.origin)) {  // somebody believed an earlier lie
    response = Response{};
    response.answer.push_back(address_lie(name));
    return response;
  }
  switch (dice.below(9)) {
    case 0:
      response.additional.push_back(address_lie(victim.name));
      break;
    case 1:
      response.answer.push_back(address_lie(victim.name));
      break;
    case 2:
      add_victim_delegation(response, own, victim_zone.origin);
      break;
    case 3:  // "the root is served by me"
      response = empty_referral();
      add_victim_delegation(response, own, dice.percent(50) ? NameView() : victim_zone.origin.view());
      break;
    case 4:
      return wide_referral(own, name, victim_zone, dice);
    case 5:
      return looping_referral(own, name, dice);
    case 6:  // an alias with its "answer" at hand
      response = Response{};
      response.answer.push_back({Name(name), Type::kCname, kLieTtl_s, rdata_of(victim.name)});
      response.answer.push_back(address_lie(victim.name));
      break;
    case 7:  // own servers named in somebody's zone, with glue
      response.authority.push_back({own.origin, Type::kNs, kLieTtl_s, rdata_of(victim.name)});
      response.additional.push_back(address_lie(victim.name));
      break;
    default:
      break;
  }
  (void)type;
  return response;
}

std::vector<uint8_t> forge(const wire::MessageView& query, Random& dice) {
  CHECK(query.question().has_value());
  const uint32_t how = dice.below(4);
  wire::Header header = query.header();
  header.qr = header.aa = true;
  wire::Question question = *query.question();
  if (how == 0 || how == 3) header.id = static_cast<uint16_t>(header.id ^ dice.between(1, 65535));
  if (how == 1) {  // another question of the same zone, or the same name with the wrong letter case
    const Name lower = question.name.lowercased();
    if (dice.percent(50) && !lower.view().equals_exactly(question.name)) {
      question.name = lower;
    } else {
      question.name = below(std::string(kForgedLabel) + std::to_string(dice.below(1000)), Name());
    }
  }
  if (how == 2) question.type = question.type == Type::kA ? Type::kTxt : Type::kA;
  std::vector<uint8_t> buffer(1232);
  wire::MessageWriter writer(buffer, buffer.size(), header);
  CHECK(writer.question(question.name, question.type, question.klass));
  const Name& owner = query.question()->name;
  const bool is_address = query.question()->type == Type::kA || query.question()->type == Type::kAaaa;
  const Rdata marker = is_address ? rdata_of(forged_address(query.question()->type))
                                  : rdata_of(name_of(std::string(kForgedLabel) + "."));
  CHECK(writer.record(wire::Section::kAnswer, owner, is_address ? query.question()->type : Type::kCname,
                      wire::Class::kIn, kLieTtl_s, marker));
  const Rdata server = rdata_of(name_of("ns." + std::string(kForgedLabel) + "."));
  if (!owner.view().is_root()) {
    CHECK(writer.record(wire::Section::kAuthority, owner.view().parent(), Type::kNs, wire::Class::kIn, kLieTtl_s,
                        server));
  }
  const base::Bytes message = writer.finish();
  return {message.begin(), message.end()};
}

}  // namespace sim

// MessageView: a checked, zero-copy view of a DNS message (RFC 1035 §4.1). `parse` walks the
// message once: every owner name and RDLENGTH lies inside the message, there is at most one OPT
// and it stands in the additional section (RFC 6891 §6.1.1). RDATA is checked when it is expanded.
// Bytes after the last record are ignored: some servers pad, and nothing here reads them.
// The view borrows the bytes: keep them alive and unchanged.
//
// RecordRange iterates one section in one pass, without allocation:
//   for (const RecordView& record : message.section(Section::kAnswer)) ...
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "wire/edns.h"
#include "wire/name.h"
#include "wire/parse_error.h"
#include "wire/types.h"

namespace wire {

inline constexpr size_t kHeaderBytes = 12;

struct Header {
  uint16_t id = 0;
  bool qr = false, aa = false, tc = false, rd = false, ra = false, z = false, ad = false, cd = false;
  Opcode opcode = Opcode::kQuery;
  uint8_t rcode = 0;  // the low four bits; see MessageView::rcode() for the whole
  uint16_t question_count = 0, answer_count = 0, authority_count = 0, additional_count = 0;

  static Parsed<Header> parse(base::Bytes message);
  // REQUIRES: 12 readable (writable) bytes. Inline: both are on every hit's way.
  static Header read(const uint8_t* at);
  void write(uint8_t* out) const;
};

inline Header Header::read(const uint8_t* at) {
  Header header;
  header.id = base::load_be16(at);
  header.qr = (at[2] & 0x80) != 0;
  header.opcode = static_cast<Opcode>((at[2] >> 3) & 0x0F);
  header.aa = (at[2] & 0x04) != 0;
  header.tc = (at[2] & 0x02) != 0;
  header.rd = (at[2] & 0x01) != 0;
  header.ra = (at[3] & 0x80) != 0;
  header.z = (at[3] & 0x40) != 0;
  header.ad = (at[3] & 0x20) != 0;
  header.cd = (at[3] & 0x10) != 0;
  header.rcode = at[3] & 0x0F;
  header.question_count = base::load_be16(at + 4);
  header.answer_count = base::load_be16(at + 6);
  header.authority_count = base::load_be16(at + 8);
  header.additional_count = base::load_be16(at + 10);
  return header;
}

inline void Header::write(uint8_t* out) const {
  const unsigned first = (unsigned{qr} << 7) | ((static_cast<unsigned>(opcode) & 0x0F) << 3) | (unsigned{aa} << 2) |
                         (unsigned{tc} << 1) | unsigned{rd};
  const unsigned second =
      (unsigned{ra} << 7) | (unsigned{z} << 6) | (unsigned{ad} << 5) | (unsigned{cd} << 4) | (rcode & 0x0FU);
  base::store_be32(out, (uint32_t{id} << 16) | (first << 8) | second);
  base::store_be64(out + 4, (uint64_t{question_count} << 48) | (uint64_t{answer_count} << 32) |
                                (uint64_t{authority_count} << 16) | additional_count);
}

enum class Section : uint8_t { kAnswer = 0, kAuthority = 1, kAdditional = 2 };

struct Question {
  Name name;
  Type type = Type::kNone;
  Class klass = Class::kIn;
};

struct RecordView {
  uint32_t owner_offset = 0;
  Type type = Type::kNone;
  Class klass = Class::kIn;  // for OPT: the payload size
  uint32_t ttl = 0;          // as sent; a set top bit is the caller's to cap (RFC 8767 §4)
  uint32_t rdata_offset = 0;
  base::Bytes rdata;
};

// The record that begins at `offset`, its owner checked and its RDATA inside the message.
[[nodiscard]] Parsed<RecordView> read_record_at(base::Bytes message, size_t offset);

class MessageView;

class RecordRange {
 public:
  class Iterator {
   public:
    const RecordView& operator*() const { return record_; }
    const RecordView* operator->() const { return &record_; }
    Iterator& operator++();
    friend bool operator==(const Iterator& left, const Iterator& right) { return left.left_ == right.left_; }

   private:
    friend class RecordRange;
    Iterator(base::Bytes message, size_t offset, uint16_t left);
    void read();
    base::Bytes message_;
    size_t offset_ = 0;
    uint16_t left_ = 0;
    RecordView record_;
  };
  [[nodiscard]] Iterator begin() const { return {message_, offset_, count_}; }
  [[nodiscard]] Iterator end() const { return {message_, offset_, 0}; }
  [[nodiscard]] uint16_t count() const { return count_; }

 private:
  friend class MessageView;
  RecordRange(base::Bytes message, size_t offset, uint16_t count) : message_(message), offset_(offset), count_(count) {}
  base::Bytes message_;
  size_t offset_;
  uint16_t count_;
};

class MessageView {
 public:
  static Parsed<MessageView> parse(base::Bytes message);

  [[nodiscard]] const Header& header() const { return header_; }
  // RCODE with the upper bits of the OPT record.
  [[nodiscard]] Rcode rcode() const;
  // Present when the message has exactly one question.
  [[nodiscard]] const std::optional<Question>& question() const { return question_; }
  [[nodiscard]] RecordRange section(Section section) const;
  // The parsed OPT record, or nothing.
  [[nodiscard]] const std::optional<Edns>& edns() const { return edns_; }
  [[nodiscard]] Name owner(const RecordView& record) const;  // total: parse() has checked it
  [[nodiscard]] base::Bytes bytes() const { return message_; }

 private:
  Parsed<size_t> parse_questions();  // gives the offset just after the questions
  base::Bytes message_;
  Header header_;
  std::optional<Question> question_;
  std::array<uint32_t, 3> section_offset_{};
  std::optional<Edns> edns_;
};

}  // namespace wire

#include "bench/load/report.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace bench {

Outcome classify(base::Bytes reply, base::Bytes question) {
  constexpr size_t kHeaderBytes = 12;
  if (reply.size() < kHeaderBytes + question.size() || (reply[2] & 0x80) == 0) return Outcome::kWrong;
  if (std::memcmp(reply.data() + kHeaderBytes, question.data(), question.size()) != 0) return Outcome::kWrong;
  if ((reply[2] & 0x02) != 0) return Outcome::kTruncated;
  switch (reply[3] & 0x0f) {
    case 0:
      return base::load_be16(reply.data() + 6) > 0 ? Outcome::kAnswer : Outcome::kNodata;
    case 2:
      return Outcome::kServfail;
    case 3:
      return Outcome::kNxdomain;
    case 5:
      return Outcome::kRefused;
    default:
      return Outcome::kOther;
  }
}

CpuTime cpu_of(int pid) {
  CpuTime cpu;
  if (pid == 0) return cpu;
  const std::string folder = "/proc/" + std::to_string(pid);
  if (DIR* tasks = opendir((folder + "/task").c_str()); tasks != nullptr) {
    while (const dirent* task = readdir(tasks)) {
      if (task->d_name[0] == '.') continue;
      std::ifstream file(folder + "/task/" + task->d_name + "/schedstat");
      uint64_t run_ns = 0;
      if (file >> run_ns) cpu.total_ns += run_ns;
    }
    closedir(tasks);
  }
  std::ifstream file(folder + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return cpu;
  std::istringstream fields(text.substr(behind_name + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  fields >> cpu.user_ticks >> cpu.system_ticks;
  return cpu;
}

uint64_t receive_buffer_errors() {
  std::ifstream file("/proc/net/snmp");
  std::string names, values;
  while (std::getline(file, names) && std::getline(file, values)) {
    if (names.rfind("Udp:", 0) != 0) continue;
    std::istringstream name_fields(names), value_fields(values);
    std::string name, value;
    while (name_fields >> name && value_fields >> value) {
      if (name == "RcvbufErrors") return std::strtoull(value.c_str(), nullptr, 10);
    }
  }
  return 0;
}

namespace {

constexpr std::array<const char*, static_cast<size_t>(Outcome::kCount)> kOutcomeNames = {
    "answer", "nodata", "nxdomain", "servfail", "refused", "other", "truncated", "wrong", "timeout"};

void write_stream(std::ostringstream& out, const StreamFigures& stream) {
  out << "{\"sent\": " << stream.sent << ", \"late\": " << stream.late;
  for (size_t index = 0; index < kOutcomeNames.size(); ++index) {
    out << ", \"" << kOutcomeNames[index] << "\": " << stream.outcomes[index];
  }
  const auto us = [&](double share) { return static_cast<double>(stream.latency.quantile_ns(share)) / 1000; };
  out << ", \"p50_us\": " << us(0.5) << ", \"p99_us\": " << us(0.99) << ", \"p999_us\": " << us(0.999)
      << ", \"max_us\": " << static_cast<double>(stream.latency.max_ns()) / 1000 << "}";
}

}  // namespace

std::string to_json(const RunFigures& run) {
  std::ostringstream out;
  const double tick_ns = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto ns = [&](uint64_t after, uint64_t before) { return static_cast<double>(after - before) * tick_ns; };
  out << "{\"seconds\": " << run.seconds << ", \"valid\": " << (run.valid ? "true" : "false")
      << ", \"cpu_ns\": " << run.cpu_after.total_ns - run.cpu_before.total_ns
      << ", \"user_ns\": " << ns(run.cpu_after.user_ticks, run.cpu_before.user_ticks)
      << ", \"system_ns\": " << ns(run.cpu_after.system_ticks, run.cpu_before.system_ticks)
      << ", \"own_cpu_ns\": " << run.own_cpu_ns << ", \"buffer_errors\": " << run.buffer_errors << ", \"streams\": [";
  for (size_t index = 0; index < run.streams.size(); ++index) {
    if (index > 0) out << ", ";
    write_stream(out, run.streams[index]);
  }
  out << "]}";
  return out.str();
}

}  // namespace bench

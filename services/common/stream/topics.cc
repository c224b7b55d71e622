#include "common/stream/topics.h"

#include <fmt/format.h>

namespace sluice::stream {

std::string Topics::Named(std::string_view what) const {
  return fmt::format("{}.{}.v1", prefix_, what);
}

std::string Topics::Mapped(std::string_view sink) const {
  return fmt::format("{}.mapped.{}.v1", prefix_, sink);
}

std::string Topics::SinkOfMapped(std::string_view topic) const {
  const std::string head = prefix_ + ".mapped.";
  constexpr std::string_view kTail = ".v1";
  if (topic.size() <= head.size() + kTail.size() || !topic.starts_with(head) ||
      !topic.ends_with(kTail)) {
    return "";
  }
  topic.remove_prefix(head.size());
  topic.remove_suffix(kTail.size());
  return std::string(topic);
}

}  // namespace sluice::stream

#include "common/kafka/transactional_producer.h"

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/kafka/record_headers.h"

namespace sluice::kafka {
namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

absl::Status TransactionalProducer::Prepare() {
  if (dead_) {
    return absl::FailedPreconditionError(fmt::format(
        "the producer '{}' was replaced by another process of the same name, or lost its "
        "connection while it must not be taken back: check that each instance has a name of its "
        "own, and start again",
        options_.transactional_id));
  }
  if (client_ == nullptr) SLUICE_RETURN_IF_ERROR(Create());
  if (initialised_) return absl::OkStatus();
  const Error error(
      rd_kafka_init_transactions(client_->get(), Milliseconds(settings_.request_timeout)));
  if (error == nullptr) {
    initialised_ = true;
    return absl::OkStatus();
  }
  const absl::Status status =
      ToStatus(*error, fmt::format("cannot begin to write as '{}'", options_.transactional_id));
  if (Judge(*error) == Verdict::kRetry) {
    return complaint_.Explain(WithCode(absl::StatusCode::kUnavailable, status), settings_);
  }
  Drop();
  if (rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT) {
    return absl::FailedPreconditionError(
        fmt::format("{}: kafka.transaction_timeout is above the brokers' "
                    "transaction.max.timeout.ms",
                    base::Message(status)));
  }
  return status;
}

absl::Status TransactionalProducer::Create() {
  SLUICE_ASSIGN_OR_RETURN(auto configuration,
                          ProducerConfiguration(settings_, options_.transactional_id));
  suspect_ = false;
  SLUICE_ASSIGN_OR_RETURN(client_, Client::Create(RD_KAFKA_PRODUCER, std::move(configuration),
                                                  *this, settings_.close_timeout));
  return absl::OkStatus();
}

void TransactionalProducer::OnLog(int level, std::string_view text) {
  complaint_.Hear(level, text);
  // A request that timed out is only told in the log.
  if (text.find("imed out") != std::string_view::npos) suspect_ = true;
  constexpr int kSyslogWarning = 4;
  if (level > kSyslogWarning) return;
  observer_.OnMessage(Severity::kWarning, options_.transactional_id, text);
}

void TransactionalProducer::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
      error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    suspect_ = true;
  }
  observer_.OnMessage(Severity::kWarning, options_.transactional_id, reason);
}

absl::Status TransactionalProducer::Begin() {
  SLUICE_CHECK(!open_, "a log handle has one transaction open at a time");
  const Error error(rd_kafka_begin_transaction(client_->get()));
  if (error != nullptr) {
    Lose(rd_kafka_error_string(error.get()));
    return ToStatus(*error, "cannot begin a transaction");
  }
  open_ = true;
  failure_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::StatusOr<rd_kafka_topic_t*> TransactionalProducer::TopicOf(stream::TopicId topic,
                                                                 const std::string& name) {
  if (topics_.size() <= topic) topics_.resize(topic + 1);
  if (topics_[topic] == nullptr) {
    topics_[topic].reset(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
    if (topics_[topic] == nullptr) {
      return ToStatus(rd_kafka_last_error(), fmt::format("cannot write to {}", name));
    }
    // Else the first record waits up to a second for librdkafka to look at the topic by itself.
    const struct rd_kafka_metadata* metadata = nullptr;
    if (rd_kafka_metadata(client_->get(), 0, topics_[topic].get(), &metadata,
                          Milliseconds(settings_.request_timeout)) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    }
  }
  return topics_[topic].get();
}

void TransactionalProducer::Append(stream::TopicId topic, const std::string& name,
                                   uint32_t partition, const MessageHeaders& headers,
                                   std::string_view key, std::optional<std::string_view> value) {
  if (!open_ || !failure_.ok()) return;
  const auto opened = TopicOf(topic, name);
  if (!opened.ok()) {
    failure_ = opened.status();
    return;
  }
  // An empty value is not the same as none: librdkafka tells them apart by the pointer.
  const char* const bytes = !value.has_value() ? nullptr : value->empty() ? "" : value->data();
  const size_t size = value.has_value() ? value->size() : 0;
  Headers encoded = EncodeHeaders(headers);
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__QUEUE_FULL;
  while (true) {
    error = rd_kafka_producev(client_->get(), RD_KAFKA_V_RKT(*opened),
                              RD_KAFKA_V_PARTITION(static_cast<int32_t>(partition)),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                              RD_KAFKA_V_VALUE(const_cast<char*>(bytes), size),
                              RD_KAFKA_V_HEADERS(encoded.get()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    constexpr int kWaitForRoomMs = 20;
    rd_kafka_poll(client_->get(), kWaitForRoomMs);
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The message owns them now.
    static_cast<void>(encoded.release());
    return;
  }
  failure_ =
      ToStatus(error, fmt::format("cannot write {} bytes to {} [{}]", size, name, partition));
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    failure_ = base::Annotate(failure_,
                              "lower limits.row_bytes_max, or raise message.max.bytes in "
                              "kafka.properties and at the brokers");
  }
}

int64_t TransactionalProducer::Deadline() const {
  return clock_.MonotonicNanos() + 2 * absl::ToInt64Nanoseconds(settings_.transaction_timeout);
}

template <typename Call>
Error TransactionalProducer::CallUntil(int64_t deadline_nanos, const Call& call) {
  while (true) {
    Error error(call());
    if (error == nullptr || Judge(*error) != Verdict::kRetry ||
        clock_.MonotonicNanos() >= deadline_nanos) {
      return error;
    }
    constexpr int kBackoffMs = 50;
    rd_kafka_poll(client_->get(), kBackoffMs);
  }
}

absl::Status TransactionalProducer::Commit(const rd_kafka_topic_partition_list_t& offsets,
                                           const rd_kafka_consumer_group_metadata_t* member) {
  if (!failure_.ok()) return AbortAfter(failure_);
  const int64_t deadline = Deadline();
  // Without end a call would wait for a broker that is away, and nobody could tell why. Called
  // again and again, a commit goes on where it was.
  const int patience = Milliseconds(settings_.request_timeout);
  if (offsets.cnt > 0) {
    const Error error = CallUntil(deadline, [&] {
      return rd_kafka_send_offsets_to_transaction(client_->get(), &offsets, member, patience);
    });
    if (error != nullptr) {
      absl::Status status = ToStatus(*error, "cannot commit offsets");
      if (Judge(*error) != Verdict::kRenew) return AbortAfter(std::move(status));
      Lose(base::Message(status));
      return WithCode(absl::StatusCode::kAborted, status);
    }
  }
  const int64_t began = clock_.MonotonicNanos();
  const Error error =
      CallUntil(deadline, [&] { return rd_kafka_commit_transaction(client_->get(), patience); });
  const int64_t took = clock_.MonotonicNanos() - began;
  if (took >= absl::ToInt64Nanoseconds(settings_.transaction_timeout) / 2) suspect_ = true;
  if (error == nullptr) {
    open_ = false;
    DropIfSuspect();
    return absl::OkStatus();
  }
  const absl::Status status = ToStatus(*error, "cannot commit");
  if (Judge(*error) == Verdict::kAbort) return AbortAfter(status);
  Lose(base::Message(status));
  return absl::UnknownError(
      fmt::format("whether a transaction was committed is not known: {}", base::Message(status)));
}

absl::Status TransactionalProducer::AbortAfter(absl::Status cause) {
  const int patience = Milliseconds(settings_.request_timeout);
  const Error error =
      CallUntil(Deadline(), [&] { return rd_kafka_abort_transaction(client_->get(), patience); });
  if (error != nullptr) {
    // Making the next producer aborts it.
    Lose(rd_kafka_error_string(error.get()));
    return WithCode(absl::StatusCode::kAborted, cause);
  }
  open_ = false;
  DropIfSuspect();
  // Internal is librdkafka's word for what it does not know: the same records may well pass next.
  return absl::IsInternal(cause) ? WithCode(absl::StatusCode::kAborted, cause) : cause;
}

void TransactionalProducer::Abort() {
  if (!open_) return;
  AbortAfter(absl::OkStatus()).IgnoreError();
}

void TransactionalProducer::DropIfSuspect() {
  // Errors wait here to be told.
  rd_kafka_poll(client_->get(), 0);
  if (!suspect_) return;
  if (!options_.renew) dead_ = true;
  Drop();
}

void TransactionalProducer::Drop() {
  topics_.clear();
  client_.reset();
  initialised_ = false;
  open_ = false;
  suspect_ = false;
}

void TransactionalProducer::Lose(std::string_view why) {
  observer_.OnMessage(Severity::kWarning, options_.transactional_id,
                      fmt::format("the producer is lost and will be made anew: {}", why));
  Drop();
  lost_ = true;
  const int64_t now = clock_.MonotonicNanos();
  losses_at_nanos_.push_back(now);
  while (now - losses_at_nanos_.front() > absl::ToInt64Nanoseconds(options_.losses_window)) {
    losses_at_nanos_.pop_front();
  }
  if (!options_.renew || losses_at_nanos_.size() > static_cast<size_t>(options_.losses_max)) {
    dead_ = true;
  }
}

bool TransactionalProducer::TakeLoss() {
  const bool lost = lost_;
  lost_ = false;
  return lost;
}

}  // namespace sluice::kafka

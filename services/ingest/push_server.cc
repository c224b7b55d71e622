#include "ingest/push_server.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/rpc/status.h"

namespace sluice::ingest {
namespace {

constexpr int kRecordsMax = 10000;
constexpr size_t kRequestIdMax = 128;

}  // namespace

absl::Status PushServer::Check(const ingestpb::PushBatch& batch, uint64_t bytes) const {
  if (batch.request_id().empty() || batch.request_id().size() > kRequestIdMax) {
    return absl::InvalidArgumentError(
        fmt::format("a batch needs a request_id of at most {} bytes", kRequestIdMax));
  }
  if (batch.records_size() > kRecordsMax) {
    return absl::InvalidArgumentError(fmt::format("a batch has at most {} records, this one {}",
                                                  kRecordsMax, batch.records_size()));
  }
  if (bytes > limits_.batch_bytes_max) {
    return absl::InvalidArgumentError(
        fmt::format("a batch has at most {} bytes (setting limits.push_batch_bytes_max), this one "
                    "{}: send its records in several",
                    limits_.batch_bytes_max, bytes));
  }
  return absl::OkStatus();
}

absl::Status PushServer::Serve(Stream& stream) {
  ingestpb::PushRequest request;
  if (!stream.Read(&request)) return absl::OkStatus();
  if (!request.has_target()) {
    return absl::InvalidArgumentError("the first message of Push names the target");
  }
  const ingestpb::PushTarget target = request.target();
  ingestpb::PushResponse response;
  while (stream.Read(&request)) {
    if (!request.has_batch()) {
      return absl::InvalidArgumentError("only the first message of Push names a target");
    }
    const uint64_t bytes = request.batch().ByteSizeLong();
    SLUICE_RETURN_IF_ERROR(Check(request.batch(), bytes));
    const auto share = budget_.Take(bytes);
    if (!share.has_value()) {
      return absl::ResourceExhaustedError(
          "too much is pushed at once (setting limits.push_bytes_max): send the batch again in a "
          "moment");
    }
    response.set_request_id(request.batch().request_id());
    SLUICE_ASSIGN_OR_RETURN(
        *response.mutable_import_id(),
        sessions_.Push(target, std::move(*request.mutable_batch()), limits_.patience));
    // What a message has grown to is not kept for the next.
    request.Clear();
    if (!stream.Write(response)) return absl::CancelledError("nobody listens any more");
  }
  return absl::OkStatus();
}

grpc::Status PushServer::Push(grpc::ServerContext*, Stream* stream) {
  return rpc::ToGrpc(Serve(*stream));
}

grpc::Status PushServer::ClosePush(grpc::ServerContext*, const ingestpb::ClosePushRequest* request,
                                   ingestpb::ClosePushResponse* response) {
  auto closed = sessions_.Close(request->target(), limits_.patience);
  if (!closed.ok()) return rpc::ToGrpc(closed.status());
  response->set_import_id(*std::move(closed));
  return grpc::Status::OK;
}

}  // namespace sluice::ingest

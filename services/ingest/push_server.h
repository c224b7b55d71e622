// IngestService: how programs bring records themselves.
#pragma once

#include "absl/time/time.h"
#include "ingest/push_budget.h"
#include "ingest/push_sessions.h"
#include "sluice/ingest/v1/ingest_service.grpc.pb.h"

namespace sluice::ingest {

struct PushLimits {
  // How long a batch may take.
  absl::Duration patience = absl::Seconds(30);
  // Of one batch, as it is sent.
  uint64_t batch_bytes_max = 8u << 20;
  // Of all batches that are not written yet.
  uint64_t bytes_max = 64u << 20;
};

// Thread-safe. The sessions outlive it.
class PushServer : public ingestpb::IngestService::Service {
 public:
  PushServer(PushSessions& sessions, const PushLimits& limits)
      : sessions_(sessions), limits_(limits), budget_(limits.bytes_max) {}

  grpc::Status Push(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<ingestpb::PushResponse, ingestpb::PushRequest>* stream) override;
  grpc::Status ClosePush(grpc::ServerContext* context, const ingestpb::ClosePushRequest* request,
                         ingestpb::ClosePushResponse* response) override;

 private:
  using Stream = grpc::ServerReaderWriter<ingestpb::PushResponse, ingestpb::PushRequest>;
  absl::Status Serve(Stream& stream);
  absl::Status Check(const ingestpb::PushBatch& batch, uint64_t bytes) const;

  PushSessions& sessions_;
  const PushLimits limits_;
  PushBudget budget_;
};

}  // namespace sluice::ingest

// IngestService: how programs bring records themselves.
#pragma once

#include "absl/time/time.h"
#include "ingest/push_sessions.h"
#include "sluice/ingest/v1/ingest_service.grpc.pb.h"

namespace sluice::ingest {

// Thread-safe. The sessions outlive it.
class PushServer : public ingestpb::IngestService::Service {
 public:
  PushServer(PushSessions& sessions, absl::Duration patience)
      : sessions_(sessions), patience_(patience) {}

  grpc::Status Push(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<ingestpb::PushResponse, ingestpb::PushRequest>* stream) override;
  grpc::Status ClosePush(grpc::ServerContext* context, const ingestpb::ClosePushRequest* request,
                         ingestpb::ClosePushResponse* response) override;

 private:
  using Stream = grpc::ServerReaderWriter<ingestpb::PushResponse, ingestpb::PushRequest>;
  absl::Status Serve(Stream& stream);

  PushSessions& sessions_;
  // How long a batch may take.
  const absl::Duration patience_;
};

}  // namespace sluice::ingest

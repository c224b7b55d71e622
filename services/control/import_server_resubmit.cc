// Rows that are sent again to ImportServer.
#include <fmt/format.h>

#include "common/base/status.h"
#include "common/rpc/status.h"
#include "control/import_server.h"
#include "control/resubmission.h"

namespace sluice::control {

absl::Status ImportServer::Resubmit(grpc::ServerReader<controlpb::ResubmitRowsRequest>& reader,
                                    controlpb::ResubmitRowsResponse& response) {
  controlpb::ResubmitRowsRequest message;
  if (!reader.Read(&message) || !message.has_options()) {
    return absl::InvalidArgumentError("the first message of ResubmitRows holds the options");
  }
  const controlpb::ResubmitOptions options = message.options();
  ResubmitRequest request;
  SLUICE_ASSIGN_OR_RETURN(request.import_id, store_.ResolveId(options.id()));
  const auto sent = Receive(options.path(), options.upload_sha256(), [&]() -> const std::string* {
    return reader.Read(&message) ? &message.chunk() : nullptr;
  });
  if (absl::IsNotFound(sent.status())) {
    return absl::InvalidArgumentError(fmt::format("{}: nothing came of it", options.path()));
  }
  SLUICE_ASSIGN_OR_RETURN(request.sent, sent);
  request.path = options.path();
  request.remember = options.remember();
  request.upload_bytes_max = options_.defaults.upload_bytes_max;
  SLUICE_ASSIGN_OR_RETURN(const Started started, control::Resubmit(store_, uploads_, request));
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  *response.mutable_import() = MessageOf(started.import);
  response.set_resumed(started.resumed);
  return absl::OkStatus();
}

grpc::Status ImportServer::ResubmitRows(grpc::ServerContext*,
                                        grpc::ServerReader<controlpb::ResubmitRowsRequest>* reader,
                                        controlpb::ResubmitRowsResponse* response) {
  return rpc::ToGrpc(Resubmit(*reader, *response));
}

}  // namespace sluice::control

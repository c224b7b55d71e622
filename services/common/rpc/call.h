// The client's side: channels with limits, and calls with a deadline that are tried again while the
// other side is away.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/peer.h"

namespace sluice::rpc {

// Connects when it is first used, and again when it was lost. Every call carries the peer's token.
std::shared_ptr<grpc::Channel> OpenChannel(const Peer& peer);

struct CallOptions {
  absl::Duration deadline = absl::Seconds(10);
  // Attempts in all; only Unavailable is tried again.
  int attempts = 3;
};

// What one attempt does.
using Attempt = std::function<grpc::Status(grpc::ClientContext& context)>;

// The status of the last attempt; Unavailable says which address does not answer.
absl::Status Call(const std::string& address, const CallOptions& options, const Attempt& attempt);

// For streams: no deadline for the whole, `address` for messages.
absl::Status StatusOfStream(const std::string& address, const grpc::Status& status);

}  // namespace sluice::rpc

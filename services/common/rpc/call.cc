#include "common/rpc/call.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/client_interceptor.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"
#include "common/rpc/watched_file.h"

namespace sluice::rpc {
namespace {

constexpr int kMessageBytesMax = 64 << 20;
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(1);
constexpr absl::Duration kLocalPatience = absl::Milliseconds(500);
constexpr absl::Duration kSilentWait = absl::Seconds(2);
constexpr unsigned kLookEverySeconds = 1;

// The token a client shows. Thread-safe.
class TokenSource {
 public:
  explicit TokenSource(const Peer& peer) : token_(peer.token), file_(peer.token_file) {}

  // Empty = none; a file that cannot be read is none too, and the server says so.
  std::string Get() {
    if (!token_.empty()) return token_;
    base::MutexLock lock(&mutex_);
    if (!file_.Refresh().ok()) return "";
    const std::string& text = file_.text();
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find_first_of(" \t\r\n", begin) - begin);
  }

 private:
  const std::string token_;
  base::Mutex mutex_;
  WatchedFile file_ ABSL_GUARDED_BY(mutex_);
};

// Puts the token on every call, also where there is no TLS, for which grpc++ has no call
// credentials.
class TokenInterceptor : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(TokenSource& source) : source_(source) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_INITIAL_METADATA)) {
      const std::string token = source_.Get();
      if (!token.empty()) {
        methods->GetSendInitialMetadata()->emplace("authorization", "Bearer " + token);
      }
    }
    methods->Proceed();
  }

 private:
  TokenSource& source_;
};

class TokenInterceptorFactory : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(const Peer& peer) : source_(peer) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(source_);
  }

 private:
  TokenSource source_;
};

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const Peer& peer) {
  if (peer.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          peer.key_file, peer.certificate_file, peer.ca_file, kLookEverySeconds));
  options.watch_root_certs();
  if (!peer.certificate_file.empty()) options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

// TLS was spoken and refused. gRPC also calls a handshake what has nothing to do with TLS.
bool IsTlsError(const Peer& peer, const std::string& error) {
  if (peer.ca_file.empty()) return false;
  for (const char* sign : {"andshake", "SSL", "ertificate", "erification"}) {
    if (error.find(sign) != std::string::npos) return true;
  }
  return false;
}

// What to look at when the other side is there and yet not to be talked to.
std::string_view Hint(const Peer& peer, const std::string& error) {
  if (IsTlsError(peer, error)) {
    return " (TLS: see grpc.tls.ca_file, grpc.tls.certificate_file and the server's "
           "grpc.tls.client_ca_file)";
  }
  for (const char* sign : {"Socket closed", "Connection reset", "GOAWAY", "Broken pipe"}) {
    if (error.find(sign) != std::string::npos) {
      return " (if it wants TLS: see grpc.tls.ca_file and grpc.tls.certificate_file)";
    }
  }
  return "";
}

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const Peer& peer) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // What a connection attempt may take: a slow link, a busy machine. One that is refused is tried
  // again after the backoff above all the same.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // A machine's proxy is not for the services of one installation.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  if (!peer.token.empty() || !peer.token_file.empty()) {
    factories.push_back(std::make_unique<TokenInterceptorFactory>(peer));
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(peer.address, CredentialsOf(peer),
                                                                 arguments, std::move(factories));
}

absl::Status StatusOfStream(const Peer& peer, const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::DeadlineExceededError(fmt::format("control has not answered in time at {}: {}",
                                                   peer.address, status.error_message()));
  }
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return FromGrpc(status);
  return absl::UnavailableError(fmt::format("control does not answer at {}: {}{}", peer.address,
                                            status.error_message(),
                                            Hint(peer, status.error_message())));
}

absl::Status Call(const Peer& peer, const CallOptions& options, const Attempt& attempt) {
  const auto begun = std::chrono::steady_clock::now();
  const auto waited = [&] { return absl::FromChrono(std::chrono::steady_clock::now() - begun); };
  const bool local = peer.address.starts_with("unix:");
  const absl::Duration patience =
      local ? std::min(options.patience, kLocalPatience) : options.patience;
  bool told = false;
  for (absl::Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(absl::ToInt64Milliseconds(options.deadline)));
    const grpc::Status status = attempt(context);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || waited() + pause > patience ||
        IsTlsError(peer, status.error_message())) {
      return StatusOfStream(peer, status);
    }
    if (!told && options.on_wait && waited() >= kSilentWait) {
      options.on_wait();
      told = true;
    }
    // A pause between attempts, nothing waits for it.
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(pause));
  }
}

}  // namespace sluice::rpc

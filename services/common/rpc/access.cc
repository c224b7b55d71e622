#include "common/rpc/access.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "common/base/hash.h"
#include "common/base/status.h"

namespace sluice::rpc {
namespace {

constexpr unsigned Bit(Role role) {
  return static_cast<unsigned>(role);
}
constexpr unsigned kAnyRole =
    Bit(Role::kPush) | Bit(Role::kRead) | Bit(Role::kOperate) | Bit(Role::kService);

struct RoleName {
  std::string_view name;
  Role role;
};
constexpr RoleName kRoles[] = {{"push", Role::kPush},
                               {"read", Role::kRead},
                               {"operate", Role::kOperate},
                               {"service", Role::kService}};

struct Rule {
  // What the name of the method begins with.
  std::string_view prefix;
  unsigned roles;
};
// The first that fits; what none fits is for nobody. Rows and uploads are personal data, so they
// are not for `read`.
constexpr Rule kRules[] = {
    {"/sluice.ingest.v1.IngestService/", Bit(Role::kPush) | Bit(Role::kOperate)},
    {"/sluice.control.v1.IngestLeaseService/", Bit(Role::kService)},
    {"/sluice.control.v1.ImportService/GetImport", Bit(Role::kRead) | Bit(Role::kOperate)},
    {"/sluice.control.v1.ImportService/ListImports", Bit(Role::kRead) | Bit(Role::kOperate)},
    {"/sluice.control.v1.ImportService/WatchImport", Bit(Role::kRead) | Bit(Role::kOperate)},
    {"/sluice.control.v1.ImportService/", Bit(Role::kOperate)},
    {"/sluice.control.v1.BackupService/", Bit(Role::kOperate)},
    {"/sluice.control.v1.ProfileService/SaveProfile", Bit(Role::kOperate)},
    {"/sluice.control.v1.ProfileService/DeleteProfile", Bit(Role::kOperate)},
    {"/sluice.control.v1.ProfileService/", Bit(Role::kRead) | Bit(Role::kOperate)},
    {"/grpc.reflection.", kAnyRole},
};

unsigned RolesFor(std::string_view method) {
  for (const Rule& rule : kRules) {
    if (method.starts_with(rule.prefix)) return rule.roles;
  }
  return 0;
}

std::string_view NameOf(Role role) {
  for (const RoleName& known : kRoles) {
    if (known.role == role) return known.name;
  }
  return "";
}

std::optional<Role> RoleByName(std::string_view name) {
  for (const RoleName& known : kRoles) {
    if (known.name == name) return known.role;
  }
  return std::nullopt;
}

bool ParseDigest(std::string_view hex, std::array<unsigned char, 32>& digest) {
  if (hex.size() != 2 * digest.size()) return false;
  for (size_t i = 0; i < digest.size(); ++i) {
    const char* const from = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(from, from + 2, digest[i], 16);
    if (error != std::errc() || end != from + 2) return false;
  }
  return true;
}

// How long it takes says nothing of where they differ.
bool Equal(const std::array<unsigned char, 32>& a, const std::array<unsigned char, 32>& b) {
  unsigned char different = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  }
  return different == 0;
}

}  // namespace

bool IsOpen(std::string_view method) {
  return method.starts_with("/grpc.health.v1.Health/");
}

absl::StatusOr<std::shared_ptr<AccessList>> AccessList::Open(const std::string& path,
                                                             OnProblem on_problem) {
  std::shared_ptr<AccessList> list(new AccessList(path, std::move(on_problem)));
  base::MutexLock lock(&list->mutex_);
  const absl::Status usable = list->Refresh();
  if (usable.ok()) return list;
  return absl::InvalidArgumentError(fmt::format("grpc.access_file: {}", base::Message(usable)));
}

absl::Status AccessList::Refresh() {
  const auto changed = file_.Refresh();
  if (!changed.ok()) return changed.status();
  if (*changed) state_ = Parse();
  return state_;
}

absl::Status AccessList::Parse() {
  entries_.clear();
  std::vector<Entry> entries;
  std::istringstream lines(file_.text());
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string digest;
    std::string role;
    std::string more;
    Entry entry;
    if (!(words >> digest)) continue;
    words >> entry.name >> role;
    const auto known = RoleByName(role);
    // The line is not shown: somebody may have put the token itself there.
    if (!ParseDigest(digest, entry.digest) || !known.has_value() || words >> more) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: a line is `SHA256 NAME ROLE`, with the SHA-256 of a token as 64 "
                      "hexadecimal digits and the role push, read, operate or service",
                      file_.path(), number));
    }
    entry.role = *known;
    entries.push_back(std::move(entry));
  }
  entries_ = std::move(entries);
  return absl::OkStatus();
}

const AccessList::Entry* AccessList::Find(std::string_view token) const {
  std::array<unsigned char, 32> digest{};
  ParseDigest(base::Sha256Hex(token), digest);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (Equal(entry.digest, digest)) found = &entry;
  }
  return found;
}

absl::Status AccessList::Check(std::string_view method, std::string_view token) {
  if (IsOpen(method)) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  const absl::Status before = state_;
  if (const absl::Status usable = Refresh(); !usable.ok()) {
    state_ = usable;
    if (before.ok() && on_problem_) on_problem_(usable);
    return absl::UnavailableError("the server cannot read its list of tokens; its log says why");
  }
  if (token.empty()) {
    return absl::UnauthenticatedError(
        "a token is needed here: set SLUICE_TOKEN or grpc.token_file");
  }
  const Entry* const entry = Find(token);
  if (entry == nullptr) {
    return absl::UnauthenticatedError(
        "the token is not known here: see SLUICE_TOKEN or grpc.token_file, and the server's "
        "grpc.access_file");
  }
  const unsigned roles = RolesFor(method);
  if ((roles & Bit(entry->role)) != 0) return absl::OkStatus();
  std::string names;
  for (const RoleName& known : kRoles) {
    if ((roles & Bit(known.role)) == 0) continue;
    names += fmt::format("{}{}", names.empty() ? "" : " or ", known.name);
  }
  return absl::PermissionDeniedError(fmt::format(
      "the token '{}' has the role {}, and {} is for {}: use another token (SLUICE_TOKEN, "
      "grpc.token_file), or change its role in the server's grpc.access_file",
      entry->name, NameOf(entry->role), method.substr(method.rfind('/') + 1),
      names.empty() ? "nobody" : names));
}

}  // namespace sluice::rpc

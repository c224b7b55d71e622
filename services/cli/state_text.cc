#include "cli/state_text.h"

#include <algorithm>

#include "control/import_record.h"

namespace sluice::cli {
namespace {

std::string_view ChineseName(control::v1::ImportState state) {
  switch (state) {
    case control::v1::IMPORT_STATE_QUEUED:
      return "等待中";
    case control::v1::IMPORT_STATE_RUNNING:
      return "进行中";
    case control::v1::IMPORT_STATE_PAUSED:
      return "已暂停";
    case control::v1::IMPORT_STATE_DRAINING:
      return "正在取消";
    case control::v1::IMPORT_STATE_COMPLETED:
      return "已完成";
    case control::v1::IMPORT_STATE_FAILED:
      return "失败";
    case control::v1::IMPORT_STATE_CANCELLED:
      return "已取消";
    case control::v1::IMPORT_STATE_ROLLING_BACK:
      return "正在回滚";
    case control::v1::IMPORT_STATE_ROLLED_BACK:
      return "已回滚";
    case control::v1::IMPORT_STATE_PARTLY_ROLLED_BACK:
      return "已部分回滚";
    default:
      return "未知";
  }
}

}  // namespace

std::string StateText(Language language, control::v1::ImportState state) {
  if (language == Language::kChinese) return std::string(ChineseName(state));
  std::string name = control::StateName(state);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace sluice::cli

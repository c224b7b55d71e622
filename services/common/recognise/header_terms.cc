#include "common/recognise/header_terms.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::recognise {
namespace {

struct Words {
  Sense sense;
  // Separated by blanks.
  std::string_view texts;
};

constexpr Words kAttributes[] = {
    {Attribute::kName, "名称 名字 名 全称 全名 户名 抬头 name names nm 名前 nom nombre naam"},
    {Attribute::kFullName, "姓名 真实姓名 人名 fullname"},
    {Attribute::kGivenName, "firstname forename givenname middlename"},
    {Attribute::kFamilyName, "姓 姓氏 lastname surname familyname"},
    {Attribute::kNickname,
     "昵称 别名 称呼 称谓 尊称 绰号 花名 旺旺 备注名 网名 用户名 账户名 登录名 "
     "nickname alias username login salutation prefix suffix yomi yomigana "
     "initials honorific displayname fileas nameprefix namesuffix 微信名 微信昵称"},
    {Attribute::kJobTitle,
     "职位 职务 职称 头衔 岗位 职级 title position job jobtitle role occupation "
     "profession designation 职业"},
    {Attribute::kDepartment, "部门 科室 所属部门 department dept division team"},
    {Attribute::kPhone,
     "电话 电话号码 电话号 座机 座机号 座机号码 固话 固定电话 总机 热线 联系方式 "
     "联络方式 电话联系 话机 直线 直拨 市话 phone phones telephone tel telefon "
     "telefono telephones landline hotline 联系号码"},
    {Attribute::kMobile,
     "手机 手机号 手机号码 移动电话 行动电话 手提电话 手机电话 流动电话 手提 "
     "mobile cell cellphone mobilephone cellular handphone gsm hp"},
    {Attribute::kFax, "传真 传真号 传真号码 传真机 fax facsimile pager 传呼 telex"},
    {Attribute::kEmail,
     "邮箱 电邮 电子邮箱 电子邮件 电子信箱 邮件 邮箱号 信箱 邮箱地址 邮件地址 "
     "电邮地址 email emails mail emailaddress"},
    {Attribute::kMessenger,
     "微信 微信号 微信号码 企业微信 qq qq号 qq号码 skype whatsapp wechat "
     "telegram msn im viber weixin 钉钉 钉钉号 旺旺号 飞书 icq signal"},
    {Attribute::kSocial,
     "微博 抖音 抖音号 快手 小红书 公众号 知乎 twitter linkedin facebook instagram "
     "youtube tiktok klout weibo social handle 领英"},
    {Attribute::kUrl,
     "网址 网站 官网 主页 网页 链接 首页 官方网站 website site web url homepage "
     "webpage www link hyperlink webaddress 网站地址 网页地址 官网地址"},
    {Attribute::kDomain, "域名 domain"},
    {Attribute::kAddress,
     "地址 住址 通讯处 街道 街道地址 地址1 路名 住所 位置 address addr "
     "street address1 streetaddress 具体地址 详址 经营场所 坐落"},
    {Attribute::kProvince, "省 省份 州 直辖市 自治区 所在省 省/直辖市 province state 省级"},
    {Attribute::kCity, "市 城市 地市 地级市 所在市 所在城市 县市 city town"},
    {Attribute::kDistrict,
     "区 县 区县 县区 乡镇 乡镇市区 乡镇街道 市区 镇 村 district county suburb "
     "township"},
    {Attribute::kCountry, "国家 国别 国籍 国家地区 country nation nationality citizenship"},
    {Attribute::kRegion,
     "所在地 location 区域 地区 大区 片区 省市 省市区 省市县 所属区域 所在地区 行政区划 城区 "
     "商圈 region area territory zone 省区"},
    {Attribute::kPostalCode,
     "邮编 邮政编码 邮递区号 邮区编号 邮政区号 zip zipcode postcode "
     "postalcode pincode"},
    {Attribute::kAreaCode, "区号 国际区号 国家代码 电话区号 分机 分机号 extension ext areacode"},
    {Attribute::kIdNumber,
     "身份证 身份证号 身份证号码 身分证 身分证号 身分证字号 证件号 证件号码 "
     "证件 护照 护照号 护照号码 驾驶证 ssn passport idcard cardid"},
    {Attribute::kCreditCode,
     "税号 税务登记号 税务号 纳税人识别号 纳税识别号 纳税号 社会信用代码 "
     "统一社会信用代码 信用代码 统一编号 统编 组织机构代码 机构代码 工商注册号 "
     "营业执照 营业执照号 执照号 注册号 tin vat gst abn ein taxid taxno "
     "uscc duns siren siret"},
    {Attribute::kBankAccount,
     "银行账号 银行帐号 银行账户 银行卡号 银行卡 卡号 账号 帐号 账户 帐户 "
     "支付宝账号 支付宝 收款账号 对公账号 iban swift bic"},
    {Attribute::kBank, "开户行 开户银行 银行 银行名称 开户行名称 支行 联行号 行号 bank"},
    {Attribute::kIdentifier,
     "编号 编码 代码 代号 号 号码 识别码 唯一标识 标识 主键 单号 条码 "
     "助记码 卡编号 id ids no number num code guid uuid key nr identifier"},
    {Attribute::kSequence, "序号 流水号 行号码 项次 排序 次序 seq sequence sn rank index row"},
    {Attribute::kDate,
     "日期 时间 时刻 年月 年份 月份 期限 有效期 到期日 到期 截止日 起始 日 date time "
     "datetime timestamp day month year at on due deadline when expiry expires "
     "anniversary 纪念日 周期 时长 duration"},
    {Attribute::kBirthday, "生日 出生日期 出生年月 出生年月日 出生 birthday birthdate dob birth"},
    {Attribute::kAge, "年龄 岁数 年纪 账龄 age"},
    {Attribute::kGender, "性别 gender sex"},
    {Attribute::kAmount,
     "金额 总额 价格 单价 总价 余额 欠款 货款 费用 应收 应收款 应付 已收 实收 额度 "
     "信用额度 定金 押金 运费 成本 款 额 价 注册资本 注册资金 资本 预算 折后 小计 "
     "合计 amount price total balance cost fee credit budget subtotal "
     "spend spent paid payment debt salary wage limit 薪资 工资"},
    {Attribute::kRevenue,
     "营业额 年营业额 年收入 营收 年销售额 年产值 产值 营业收入 销售额 年营收 "
     "revenue turnover"},
    {Attribute::kEmployees,
     "员工数 员工人数 职工人数 人数 员工数量 企业人数 公司人数 从业人数 "
     "员工规模 人员规模 参保人数 employees headcount staffcount"},
    {Attribute::kCount,
     "数量 次数 个数 件数 条数 总数 数 天数 积分 得分 分数 评分 分值 count quantity "
     "qty score points times visits sessions views clicks 库存 重量 "
     "weight size 尺寸 规模 公司规模 企业规模 经营规模 面积 热度"},
    {Attribute::kPercentage,
     "比例 占比 百分比 折扣 折扣率 税率 利率 概率 率 成功率 增长率 毛利率 "
     "percent percentage rate ratio probability discount"},
    {Attribute::kFlag,
     "退订 订阅 允许 同意 启用 禁用 有效 激活 optout optin active enabled "
     "disabled deleted unsubscribed subscribed bounced verified newsletter "
     "consent inactive locked archived converted unread private"},
    {Attribute::kCategory,
     "类型 类别 分类 种类 性质 级别 等级 状态 阶段 属性 分组 组别 星级 意向 意向度 "
     "客群 层级 优先级 进度 结果 角色 方式 渠道类型 模式 版本 规格 型号 结算方式 "
     "付款方式 支付方式 币种 币别 语言 时区 单位类型 type category kind class level "
     "status stage grade rating priority group groups segment tier lifecycle "
     " ownership mode method label relation relationship currency "
     "language timezone locale salesstage membership species "
     "sensitivity temperature mood 公司性质 企业性质 企业类型 公司类型 客户类型 "
     "客户类别 客户级别 客户等级 客户状态 客户性质 客户分类 客户分组 客户阶段 "
     "客户属性 会员等级 会员级别 学历 婚姻 婚姻状况 民族 政治面貌 血型 星座"},
    {Attribute::kTag,
     "标签 标签组 关键词 关键字 爱好 兴趣 tag tags label keywords hobby hobbies "
     "interests categories 企业标签 个人标签"},
    {Attribute::kIndustry,
     "行业 所属行业 产业 行业类别 行业分类 行业类型 industry sector vertical sic "
     "naics 主营行业 行业名称"},
    {Attribute::kSource,
     "来源 渠道 来源渠道 客户来源 线索来源 获客渠道 推广渠道 数据来源 source channel "
     "origin utm medium referer"},
    {Attribute::kNote,
     "备注 说明 描述 备注信息 附注 注释 留言 简介 介绍 补充说明 其他说明 摘要 评论 "
     "note notes remark remarks comment comments description memo "
     "details about bio 备忘 备忘录 简述 其它说明 公司简介 企业简介 客户描述"},
    {Attribute::kDoNotCall, "勿扰 免打扰 请勿致电 请勿拨打 拒绝来电 donotcall"},
    {Attribute::kOther,
     "reference ref 附件 图片 照片 头像 密码 经度 纬度 坐标 经纬度 内容 记录 跟进记录 需求 "
     "经营范围 "
     "主营 主营业务 主营产品 业务范围 品牌名 成员 群 群名 操作 序列 logo photo image "
     "avatar picture password token latitude longitude geo lat lng attachment "
     "attachments history log calendar freebusy directory mileage "
     "server hash ip browser device file files folder body subject "
     "content message query po box pobox domainid theme color display schedule "
     "ticker symbol fiscal signature certificate 证书 协议 小区 楼栋 门牌号 楼层 房号 "
     "版权 发票内容 颜色"},
};

constexpr Words kSubjects[] = {
    {Subject::kCompany,
     "公司 企业 单位 机构 组织 集团 商户 厂家 工厂 厂商 公司单位 企业单位 "
     "工作单位 所属公司 所在公司 商号 店名 店铺名 店铺名称 公司店铺 账户公司 门店 医院 学校 药店 "
     "account accounts acct company companies organization organisation organizations "
     "firm corporation corp corporate enterprise employer institution "
     "merchant org co agency"},
    {Subject::kCustomer,
     "客户 顾客 客人 会员 买家 用户 客商 往来单位 购货单位 购买方 甲方 委托方 "
     "customer customers cust client clients buyer member members lead leads "
     "prospect guest consumer purchaser 线索 潜客 业主 学员 患者 购方 需方 "
     "party record 客戶 采购方"},
    {Subject::kContact,
     "联系人 联络人 连络人 收货人 收件人 对接人 联系人员 接洽人 窗口 联系窗口 linkman "
     "主联系人 首要联系人 第一联系人 接收人 签收人 采购联系人 "
     "contact contacts person people link recipient attention attn addressee receiver "
     "individual consignee 个人"},
    {Subject::kStaff,
     "负责人 销售 销售员 业务员 销售代表 销售人员 销售经理 业务代表 业务经理 负责业务 业务 跟单员 "
     "跟进人 跟进 客户经理 客服 客服人员 导购 经办人 制单人 审核人 创建人 创建者 修改人 更新人 "
     "录入人 "
     "操作人 提交人 提交者 所有者 所有人 归属 归属人 员工 同事 顾问 助理 秘书 添加人 添加成员 "
     "填写人 "
     "填表人 登记人 服务人员 维护人 开发人 营销 专员 专营业务员 责任人 协作人 分配人 指派人 承办 "
     "承办人 "
     "主管 店员 前台 理货员 司机 置业顾问 客户负责人 跟进成员 所属销售 所属员工 最后修改人 分管 "
     "owner sales salesperson salesman seller rep representative agent manager assistant staff "
     "employee user assignee assigned creator editor author consultant "
     "secretary advisor operator supervisor coordinator executive engineer reports by handler "
     "specialist salesrep createdby modifiedby updatedby assignedto reportsto lastmodifiedby"},
    {Subject::kOtherParty,
     "供应商 供货商 竞争对手 竞品 合作伙伴 上级 母公司 总公司 子公司 分公司 上级单位 上级公司 "
     "推荐人 "
     "介绍人 引荐人 转介绍 紧急联系人 紧急 家属 家长 配偶 父亲 母亲 子女 亲属 担保人 法人 法人代表 "
     "法定代表人 法人姓名 代表人 股东 发件人 寄件人 发货人 发货方 监护人 代理商 经销商 代理 分销商 "
     "物流 "
     "快递 承运人 仓库 "
     "平台 乙方 丙方 第三方 推荐 受益人 付款人 收款人 收款方 付款方 开票人 财务 会计 出纳 卖家 "
     "商家 店铺 房东 "
     "vendor supplier competitor partner parent referrer referred referral emergency spouse wife "
     "husband father mother child children sibling relative guarantor legal shareholder sender "
     "dealer distributor carrier warehouse reseller beneficiary payer payee guardian broker "
     "accountant store shop 班主任 老师 医生 kin next"},
    {Subject::kThing,
     "订单 合同 商机 发票 报价 报价单 产品 商品 货品 物料 宝贝 活动 项目 任务 工单 付款 支付 交易 "
     "成交 下单 发货 跟进内容 物流单 运单 快递单 包裹 售后 退款 服务 群发 课程 车辆 设备 资产 房源 "
     "店长 "
     "品牌 原料 创建 修改 更新 最后 最近 最近一次 首次 上次 下次 最新 添加 录入 登记 成立 签约 "
     "入库 注册时间 "
     "拜访 回访 联系时间 预约 跟进时间 转化 分配 领取 公海 入会 开卡 到店 消费 购买 "
     "order orders contract opportunity opportunities deal deals invoice quote product products "
     "item "
     "items campaign campaigns project projects task tasks ticket tickets case cases transaction "
     "purchase purchased subscription event events activity activities last latest "
     "next created create creation crt upd modified modify updated update added recent close "
     "closed "
     "open opened start started end ended join joined signup registration sync "
     "synced import imported system form page conversion visit meeting "
     "shipment package brand vehicle asset course session sku barcode "
     " batch seen touch engagement reply replied sent received delivered "
     " card"},
};

constexpr Words kUses[] = {
    {Use::kMain,
     "主 主要 任职 外部 默认 常用 首选 详细 完整 当前 现 联系 联络 连络 通讯 通信 通联 具体 直接 "
     "有效联系 常住 经营 实际 现在 所在 所属 本人 "
     "main primary default preferred full complete detailed direct general official "
     "current my the your our their its formatted principal daytime day normal central "
     "hq headquarters associated related linked 中文 chinese annual yearly 年 总部 基本 正式 "
     "客户联系 公开 对外 日常"},
    {Use::kWork, "办公 办公室 工作 公务 商务 work business office professional"},
    {Use::kBilling, "billing bill"},
    {Use::kMailing, "邮寄 寄送 寄件 通邮 mailing postal correspondence post"},
    {Use::kHome,
     "家庭 家 住宅 私人 居住 户籍 宅电 home personal residential residence permanent "
     " house"},
    {Use::kShipping, "收货 收件 送货 配送 交货 投递 shipping ship delivery deliver shipto"},
    {Use::kRegistered, "注册 登记地 工商注册 工商 registered"},
    {Use::kShort, "简称 简 简写 缩写 short abbreviated abbreviation abbr"},
    {Use::kForeign,
     "英文 英语 外文 拼音 日文 繁体 英文名 english pinyin romaji phonetic latin foreign "
     "local native former 曾用 曾用名 原 旧 old previous maiden legalname dba trading"},
    {Use::kOther,
     "其他 其它 备用 备选 另 另外 第二 次要 副 附加 other others alternate alternative "
     "alt secondary second backup additional another further extra 2nd third"},
    {Use::kInvoice, "开票 发票抬头 开票信息 寄票 收票 invoicing"},
};

constexpr Words kRest[] = {
    {Filler(),
     "信息 资料 数据 的 值 字段 栏 列 项 及 必填 选填 可选 必须 请填写 填写 输入 号填 原始 "
     "value values info information data field required optional a an raw text string "
     " input c line1 line"},
    {Question(), "是否 有无 能否 可否 is has can do does not opt opted allow allowed should was"},
    {Of(), "of for"},
};

struct Lexicon {
  // By text, the longest first among those that begin alike.
  std::vector<Term> terms;
  size_t longest = 0;
};

void Add(std::span<const Words> groups, std::vector<Term>& terms) {
  for (const Words& group : groups) {
    std::string_view rest = group.texts;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) terms.push_back({rest.substr(0, end), group.sense});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

const Lexicon& TheLexicon() {
  static const Lexicon* const kLexicon = [] {
    auto* lexicon = new Lexicon;
    Add(kAttributes, lexicon->terms);
    Add(kSubjects, lexicon->terms);
    Add(kUses, lexicon->terms);
    Add(kRest, lexicon->terms);
    std::stable_sort(lexicon->terms.begin(), lexicon->terms.end(),
                     [](const Term& a, const Term& b) { return a.text < b.text; });
    for (const Term& term : lexicon->terms) {
      lexicon->longest = std::max(lexicon->longest, term.text.size());
    }
    return lexicon;
  }();
  return *kLexicon;
}

}  // namespace

std::optional<Sense> SenseOf(std::string_view text) {
  const std::vector<Term>& terms = TheLexicon().terms;
  const auto found = std::lower_bound(
      terms.begin(), terms.end(), text,
      [](const Term& term, std::string_view wanted) { return term.text < wanted; });
  if (found == terms.end() || found->text != text) return std::nullopt;
  return found->sense;
}

Term LongestChineseTerm(std::string_view text) {
  for (size_t size = std::min(text.size(), TheLexicon().longest); size > 0; --size) {
    // Only at borders of characters.
    if (size < text.size() && (text[size] & 0xC0) == 0x80) continue;
    if (const auto sense = SenseOf(text.substr(0, size))) return {text.substr(0, size), *sense};
  }
  return {};
}

}  // namespace sluice::recognise

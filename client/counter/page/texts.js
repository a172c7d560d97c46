/* SPDX-License-Identifier: Apache-2.0 */
/* What the page says, in Chinese and English. Answers of the terminal bring their own texts. */

const TEXTS = {
    name: ["惠卡", "Huika"], sandboxMark: ["测试", "TEST"],
    sandbox: ["测试环境：商户、会员、优惠均为虚构，不产生真实交易", "Sandbox: shop, members and discounts are invented; no sale is real"],
    testCards: ["测试卡", "Test cards"],
    till: ["收银", "Till"], day: ["今日", "Today"], disputes: ["纠纷", "Disputes"], status: ["状态", "Status"],
    listed: ["在册", "listed"], suspended: ["已暂停", "suspended"], delisted: ["已移出名录", "delisted"], unknown: ["未知", "not known"],
    online: ["联机", "online"], offline: ["脱机", "offline"], unsent: ["待传 {0}", "{0} to send"], lost: ["终端未响应", "No terminal"],
    lostHint: ["正在重新连接，已输入的不会丢。一直不恢复，请联系运维人员。", "Connecting again; what was entered is kept. If it does not come back, call your operator."],
    readerNone: ["无读卡设备", "No reader"], printerNone: ["无打印机", "No printer"],
    lang: ["EN", "中文"], langLabel: ["Switch to English", "切换到中文"],
    amount: ["消费金额", "Amount"], yuan: ["元", "yuan"], own: ["本店会员价", "Shop's own price"],
    ownHint: ["不持卡今日只收多少；会员不会多付", "what the shop charges today without the card; a member never pays more"],
    next: ["下一步", "Next"], nextSale: ["下一单", "Next sale"], clear: ["清空", "Clear"], erase: ["退格", "Delete"],
    cancel: ["取消", "Cancel"], back: ["返回", "Back"], close: ["关闭", "Close"], change: ["修改金额", "Change amount"],
    scanTitle: ["请扫会员卡", "Scan the member card"], scanHint: ["扫卡背面二维码，或刷卡", "The QR on its back, or swipe it"],
    idleHint: ["先输入金额，或先扫卡，都可以", "Amount first or card first, as you like"],
    keyNumber: ["键入卡号", "Key the number"], number: ["会员卡号", "Card number"], numberHint: ["卡面中部 16 至 19 位数字", "16 to 19 digits in the middle of the front"],
    check: ["核验", "Check"], verifying: ["正在核验…", "Checking the card…"],
    luhnAgain: ["卡号可能有误，请对照卡面逐位核对", "The number may be mistyped; compare it with the card"], luhnOk: ["已核对，无误", "Compared, it is right"],
    member: ["会员有效", "Valid member"], provisional: ["脱机核验（暂定）", "Checked offline (provisional)"], refused: ["不能优惠", "No discount"],
    failed: ["未能核验", "Could not be checked"], failedHint: ["不是会员的问题：请再扫一次，或按原价收款。", "Not the member's fault: scan again, or charge the full price."],
    provisionalHint: ["联网后由工会确认。", "The union confirms it once the line is back."],
    compare: ["请与卡面核对", "Compare with the card"], last4: ["卡号末四位", "Last four"], byNumber: ["按卡号核验，不显示姓名", "By number: no name is shown"],
    memberCard: ["会员卡", "Member card"], cardName: ["河南省工会会员卡", "河南省工会会员卡"],
    compareFirst: ["核对一致，再确认优惠", "Compare first, then give the discount"], takeMoney: ["请按应付金额收款", "Now take the money"], fullPrice: ["应收原价", "Full price"],
    noDiscounts: ["现在不能优惠", "No discounts now"], becauseOf: ["原因：{0}", "Reason: {0}"],
    offlineNow: ["脱机：扫码可暂定优惠，还可 {0} 笔，至 {1}", "Offline: by QR, provisionally; {0} more, until {1}"], offlineNone: ["脱机，不能优惠。", "Offline, no discounts."],
    noName: ["脱机时不显示姓名", "offline, no name is known"],
    before: ["原价", "Price"], saved: ["优惠", "Discount"], pay: ["应付", "To pay"], ownUsed: ["本店价更优惠", "the shop's own price is better"],
    confirm: ["确认优惠", "Give the discount"], applied: ["交易完成", "Done"], printed: ["小票已打印", "Receipt printed"], printing: ["小票打印中…", "Printing…"],
    unprinted: ["小票未打出，可补打副本", "The receipt did not come out; print a copy"], noPrinter: ["未接打印机，无小票", "No printer, no receipt"], copy: ["打印副本", "Print a copy"],
    endFull: ["按原价收款，结束", "Charge full price, end"],
    another: ["可直接扫另一张会员卡", "Another card may be scanned now"], waitingNext: ["下一位：{0}", "Next in line: {0}"],
    goOn: ["不打小票，继续", "Go on without a receipt"], again: ["重试", "Try again"], printerTitle: ["打印机不能打印", "The printer cannot print"],
    todayTitle: ["今日优惠", "Discounts today"], sales: ["笔", "sales"], total: ["消费合计", "Total"], given: ["优惠合计", "Discounts"], paid: ["实收合计", "Paid"],
    none: ["今天还没有交易", "No sale yet today"], receipt: ["小票", "Receipt"], void: ["撤销", "Void"], voided: ["已撤销", "voided"], returned: ["部分退货", "returned in part"],
    voidTitle: ["撤销这笔交易", "Void this sale"], reason: ["原因", "Reason"], voidHint: ["优惠全部收回，记录保留。", "The discount is taken back; the record stays."],
    return: ["部分退货", "Return a part"], returnTitle: ["部分退货", "Return a part of this sale"], returnAmount: ["退货原价", "Goods at full price"], returnLeft: ["最多可退 ¥{0}（优惠前）", "at most ¥{0}, before discount"],
    returnOver: ["超出可退金额，最多 ¥{0}", "more than is left; at most ¥{0}"], returnedBefore: ["此前已退", "Returned before"], returnNow: ["本次退货原价", "This return"], discountBack: ["收回优惠", "Discount given back"], refund: ["应退", "Refund"],
    returnReasons: ["客人退货|商品问题|多录金额|其他", "goods returned|faulty goods|too much keyed|other"], returnDo: ["确认退货", "Take it back"], returnDone: ["已记录，请退款", "On record; refund this sum"], returnedInAll: ["这笔累计已退 ¥{0}，共 ¥{1}", "¥{0} of ¥{1} returned in all"],
    dayTitle: ["日结", "Close the day"], dayClose: ["打印日结单", "Print the day's sheet"], printAgain: ["再打一份", "Print it again"], dayNoPrinter: ["未接打印机，日结单如右", "No printer; the sheet is shown here"], salesCount: ["笔数", "Sales"], takenBack: ["撤销和退货（{0} 笔）", "Voids and returns ({0})"], net: ["净收", "Net"], netAfter: ["净收（已退 {0}）", "Net ({0} refunded)"],
    dayProvisional: ["其中脱机暂定 {0} 笔", "{0} of them provisional"], dayContested: ["存疑 {0} 笔，请看「纠纷」", "{0} contested: see Disputes"],
    voidReasons: ["客人退货|金额有误|会员卡有误|其他", "goods returned|wrong amount|wrong card|other"],
    counted: ["已上传", "sent"], waitingUp: ["待上传", "to be sent"], held: ["存疑", "contested"], queued: ["已送打印机", "Sent to the printer"],
    disputeNew: ["登记纠纷", "New dispute"], disputeNone: ["没有纠纷", "No disputes"], disputeKind: ["类别", "Kind"], disputeSale: ["相关交易（可选）", "The sale (optional)"], disputeText: ["经过", "What happened"], disputeTextMay: ["经过（可不填）", "What happened (optional)"], printSlip: ["打印凭条", "Print the slip"],
    disputeSend: ["提交", "Send"], disputeAnswer: ["工会答复", "The union's answer"], noSale: ["不涉及某笔交易", "no particular sale"],
    disputeHotline: ["也可拨打工会热线 12351", "Or call the unions' hotline, 12351"],
    shop: ["商户", "Shop"], service: ["工会服务", "Union service"], records: ["记录", "Records"], readers: ["读卡设备", "Readers"], printer: ["打印机", "Printer"], allWell: ["一切正常", "all is well"], toSee: ["{0} 项要留意", "{0} to look at"],
    certificate: ["证书", "Certificate"], certDays: ["剩余 {0} 天", "{0} days left"], certSoon: ["将自动续期；少于 7 天请联系运维人员。", "It renews itself; below 7 days call your operator."],
    clock: ["时钟", "Clock"], clockOk: ["与工会服务一致", "agrees with the service"], clockOff: ["相差 {0} 秒，请校时", "off by {0} s; set this machine's clock"], version: ["版本", "Version"],
    since: ["自 {0}", "since {0}"], offlineWork: ["脱机收银", "Without the service"], offlineLeft: ["还可 {0} 笔，共 ¥{1}", "{0} sales left, ¥{1} in all"], offlineNot: ["现在不能脱机优惠", "no discount offline now"], listAge: ["失效卡名单 {0} 分钟前更新", "list of void cards is {0} minutes old"],
    provisionalLeft: ["脱机还可 {0} 笔，至 {1}", "{0} more offline, until {1}"],
    stop: ["脱机可用至 {0}", "may work offline until {0}"], lastContact: ["最近联系 {0}", "last heard {0}"], dataAge: ["名录更新 {0}", "list updated {0}"], never: ["暂无", "not yet"],
    allSent: ["全部已上传", "all sent"], toSend: ["{0} 条待上传，联网后自动上传", "{0} to be sent; they go by themselves once online"], noReader: ["未接读卡设备：请插上扫描枪，或键入卡号", "No reader: plug in a scanner, or key numbers"],
    inUse: ["使用中", "in use"], leftAlone: ["未使用", "left alone"], notUsable: ["不可用", "not usable"], scanned: ["已读 {0} 次", "{0} read"], testPrint: ["打印测试页", "Print a test page"],
    page: ["本页", "This page"], signOut: ["退出登录", "Sign out"], cashier: ["收银员编号", "Cashier"], keysHelp: ["按键", "Keys"],
    keysText: ["F1–F4 换页，数字键输入金额，回车确认，Esc 返回", "F1–F4 change the view, digits enter the amount, Enter confirms, Esc goes back"], shopVersion: ["优惠条款第 {0} 版，共 {1} 项", "terms version {0}, {1} offers"],
    signIn: ["进入收银页面", "Open the till"], signInHint: ["在本机运行 huika page，打开它给出的地址；或在此输入入口码。", "Run huika page on this machine and open the address it prints; or enter its code here."],
    entryCode: ["入口码（16 位）", "Entry code (16 characters)"], enter: ["进入", "Enter"],
    enrol: ["注册本终端", "Enrol this terminal"], enrolHint: ["扫描工会给的注册二维码，或输入注册码。", "Scan the enrolment QR from your union, or enter the code."], enrolCode: ["注册码 HUIKA1/…", "Code HUIKA1/…"],
    enrolGo: ["注册", "Enrol"], enrolDone: ["注册完成，正在启动…", "Enrolled; starting…"],
    connect: ["正在连接工会服务…", "Asking the service who it is…"], key: ["服务核实无误，生成密钥…", "It is the right service; making a key…"], cert: ["申请证书…", "Asking for a certificate…"], notices: ["获取商户通告…", "Fetching the shop's notice…"],
    loading: ["正在连接终端…", "Connecting to the terminal…"], off: ["未设置", "none set up"], absent: ["未连接", "not there"], printerUnknown: ["已连接，不报告状态", "there; it does not report its state"], ready: ["就绪", "ready"],
    paper_out: ["缺纸", "out of paper"], cover_open: ["盖未合", "cover open"], printerOffline: ["脱机", "offline"], fault: ["故障", "fault"], nearEnd: ["纸将用完", "paper nearly used up"],
    main: ["主菜单", "Main menu"], sayQuoted: ["{0}。{1}，应付 {2} 元", "{0}. {1}, to pay {2} yuan"], theme: ["深浅色", "Light or dark"],
    escalated: ["已上报上级工会", "with the higher union"], disputeReporter: ["谁提出", "Who complains"], rp_shop: ["本店", "the shop"], rp_member: ["会员", "the member"],
    open: ["待答复", "open"], answered: ["已答复", "answered"], closed: ["已办结", "closed"],
    dk_refused_valid: ["有效会员被拒", "a valid member was refused"], dk_rate_not_given: ["未按登记优惠", "the registered discount was not given"], dk_amount_wrong: ["金额有误", "the amount is wrong"],
    dk_card_suspect: ["会员卡可疑", "a suspicious card"], dk_double_charge: ["重复收费", "charged twice"], dk_offline_contested: ["脱机交易存疑", "an offline sale is contested"], dk_other: ["其他", "other"],
};

/* What the cashier does next, beside the reason itself. */
const NEXT = {
    card_lost: ["请勿给予优惠；请持卡人拨打 12351。", "Give no discount; the holder may call 12351."],
    card_forged: ["请勿给予优惠；保持冷静，可登记纠纷。", "Give no discount; keep calm; you may log a dispute."],
    card_left: ["可按原价收款。", "Charge the full price."], card_unknown: ["请持卡人拨打 12351 核实。", "The holder may call 12351."],
    card_replaced: ["请会员出示新卡。", "Ask for the new card."], card_malformed: ["擦净二维码再扫，或刷卡。", "Wipe the QR and scan again, or swipe the card."],
    no_offer: ["请按原价收款，或核对金额和品类。", "Charge the full price, or check amount and goods."], limit_reached: ["明天可再用；今日按原价收款。", "It may be used again tomorrow; charge the full price."],
    shop_suspended: ["请联系签约工会；暂按原价收款。", "Call the union that signed you; charge the full price."], shop_delisted: ["请联系签约工会；按原价收款。", "Call the union that signed you; charge the full price."],
    net_refused: ["请检查网线或路由器，再扫一次。", "Check cable or router, then scan again."],
};
const NEXT_ANY = ["可换一张会员卡，或按原价收款。", "Try another card, or charge the full price."];

/* Why a device is not used (client/ports/usb/why.c). */
const WHY = {
    not_ours: "不是读卡或打印设备，未使用。", keyboard: "是键盘，未使用。若为扫描枪，请按说明书切换为 HID POS，或写入 /etc/huika/devices.tsv。", mouse: "是鼠标，未使用。", storage: "是存储设备，未使用。",
    security_key: "是安全密钥，未使用。", serial: "是串口，未使用。若为扫描枪，请写入 /etc/huika/devices.tsv。", printer: "是打印机，未使用。若为小票机（ESC/POS），请写入 /etc/huika/devices.tsv。",
    mode: "已知设备，但模式不可读；请按说明书上的码切换为 HID POS。", no_driver: "内核没有识别它，未使用。若为读取设备，请加载 usbhid，或写入 /etc/huika/devices.tsv。", ignored: "按 /etc/huika/devices.tsv 忽略。", settling: "刚插上，系统正在设置。", bad_descriptor: "设备自述有误，未使用。请不经集线器重新插上；仍不行则设备已损坏。",
    no_access: "没有权限：请安装 60-huika.rules 并重新插拔。", busy: "被其他程序占用，请关闭该程序。", io: "连接不稳，请检查线缆；会自动重试。", stalled: "设备停止送数，请重新插拔；会自动重试。", unplugged: "已拔出，请重新插上。",
    no_memory: "内存不足，会自动重试。", libusb: "USB 库未能启动，会自动重试。", no_usb: "本机没有 USB。", no_udev: "udev 未运行，后插的设备不会被发现；请启动 udev，再重启终端。",
};

let column = 0;

/** "zh" or "en". */
export function setLang(lang) {
    column = lang === "en" ? 1 : 0;
    document.documentElement.lang = column ? "en" : "zh-CN";
}

export function lang() {
    return column ? "en" : "zh";
}

export function t(key, ...values) {
    const row = TEXTS[key];
    return row ? row[column].replace(/\{(\d)\}/g, (_, i) => values[i]) : key;
}

/** Of {zh, en} as the terminal sends it. */
export function told(text) {
    return text ? text[lang()] : "";
}

export function nextStep(reason) {
    return (NEXT[reason] || NEXT_ANY)[column];
}

export function deviceWhy(device) {
    return column ? device.why : WHY[device.code] || device.why;
}

/** "14:05", or with the day if it is another one; of Shanghai, whatever this machine thinks. */
export function clock(ms, withDay) {
    const zone = {timeZone: "Asia/Shanghai", hour12: false};
    const time = new Intl.DateTimeFormat("zh-CN", {...zone, hour: "2-digit", minute: "2-digit"}).format(ms);
    const day = new Intl.DateTimeFormat("sv-SE", {...zone, year: "numeric", month: "2-digit", day: "2-digit"});
    return withDay || day.format(ms) !== day.format(Date.now()) ? day.format(ms) + " " + time : time;
}

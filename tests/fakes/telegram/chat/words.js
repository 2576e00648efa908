// The page's words; the bot's own come from the bot.
export const WORDS = {
  en: {
    skip: "To the message field", title: "Simulated Telegram", simulation: "This is a simulation.",
    notice: "Nothing leaves this machine and nobody is called. In real danger call your emergency number.",
    chats: "Who talks to the bot", others: "More people", name: "Name of a new person", speaks: "Language of the phone", add: "Add person",
    group: "Add a group with the bot", log: "Messages", keyboard: "Buttons in the place of the phone's keyboard",
    say: "Write to the bot", send: "Send", more: "Photo, voice, place, language", photo: "Photo and voice",
    file: "A photo of yours", samplePhoto: "Send a sample photo", sampleVoice: "Send a sample voice note",
    place: "Place", spot: "A place of the demo", lat: "Latitude", lon: "Longitude", device: "Place of this device",
    share: "Share the place", live: "Share it live for 15 minutes", walk: "Walk on", stop: "Stop sharing",
    phone: "The phone", block: "Block the bot", unblock: "Let the bot write again", other: "中文", fresh: "new",
    bot: "Linli bot", changed: "changed", voice: "Voice note", document: "File", located: "Place", moving: "moves",
    begin: "Nothing was said yet. Press Start.", start: "Start", blocked: "The bot is blocked.",
    groupName: "Desk group", lost: "The simulation does not answer; trying again.", opens: "opens a page",
  },
  zh: {
    skip: "跳到输入框", title: "模拟 Telegram", simulation: "这是模拟。",
    notice: "任何内容都不会离开本机，也不会联系任何人。如遇真实危险，请拨打应急电话。",
    chats: "谁在和机器人对话", others: "更多用户", name: "新用户的名字", speaks: "手机语言", add: "添加用户",
    group: "添加有机器人的群组", log: "消息", keyboard: "代替手机键盘的按钮",
    say: "给机器人写消息", send: "发送", more: "照片、语音、位置、语言", photo: "照片和语音",
    file: "选择一张照片", samplePhoto: "发送示例照片", sampleVoice: "发送示例语音",
    place: "位置", spot: "演示中的地点", lat: "纬度", lon: "经度", device: "本设备的位置",
    share: "分享位置", live: "实时分享15分钟", walk: "继续走动", stop: "停止分享",
    phone: "手机", block: "屏蔽机器人", unblock: "允许机器人发消息", other: "English", fresh: "条新消息",
    bot: "邻里机器人", changed: "已更改", voice: "语音", document: "文件", located: "位置", moving: "移动中",
    begin: "还没有消息。请按“开始”。", start: "开始", blocked: "机器人已被屏蔽。",
    groupName: "值班群", lost: "模拟服务没有响应，正在重试。", opens: "打开网页",
  },
};

export const PLACES = [
  { en: "Hsinchu, old town", zh: "新竹旧城", lat: 24.8039, lon: 120.9647 },
  { en: "Hsinchu, Xiangshan", zh: "新竹香山", lat: 24.7646, lon: 120.9138 },
  { en: "Seattle, Capitol Hill", zh: "西雅图国会山", lat: 47.6236, lon: -122.3207 },
  { en: "Seattle, Ballard", zh: "西雅图巴拉德", lat: 47.6687, lon: -122.3847 },
];

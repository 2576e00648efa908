import type english from "../en/health";

const health: Record<keyof typeof english, string> = {
  "health.title": "运行状况",
  "health.again": "重新查看",
  "health.at": "查看时间：{at}。每30秒自动更新。",
  "health.all.ok": "一切正常。",
  "health.all.warning": "可以运行，但有事项需要关注。",
  "health.all.problem": "有部分无法运行。处理办法见旁。",
  "health.level.ok": "正常",
  "health.level.warning": "需关注",
  "health.level.problem": "故障",
  "health.do": "处理办法",
  "health.caption.bad": "需要关注的事项",
  "health.caption.good": "正常的事项",
  "health.what": "项目",
  "health.state": "状态",
  "health.said": "情况",
};

export default health;

/** 事件列表文字。 */

import type en from "../en/queue";

const queue: Readonly<Record<keyof typeof en, string>> = {
  "queue.title": "事件",
  "queue.caption": "未结事件",
  "queue.empty": "目前没有未结事件。新事件会自动出现。",
  "queue.grade": "等级",
  "queue.number": "编号",
  "queue.category": "事项",
  "queue.unsorted": "尚未分诊",
  "queue.status": "状态",
  "queue.due": "下一时限",
  "queue.owner": "负责方",
};

export default queue;

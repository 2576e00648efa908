/** 地图用语。 */

import type en from "../en/map";

const map: Record<keyof typeof en, string> = {
  "map.title": "地图",
  "map.label": "事件地图。下方列表内容相同。",
  "map.loading": "正在绘制地图……",
  "map.none": "此设备无法绘制地图。下方列表内容相同。",
  "map.in": "放大",
  "map.out": "缩小",
  "map.all": "显示全部",
  "map.areas": "区域",
  "map.responders": "在岗人员",
  "map.within": "仅地图所示范围",
  "map.list": "地图上的事件",
  "map.caption": "有位置的事件，最紧急的在前",
  "map.count": "{count} / {all}",
  "map.number": "编号",
  "map.grade": "等级",
  "map.category": "类别",
  "map.status": "状态",
  "map.due": "下一时限",
  "map.see": "在地图上查看",
  "map.unsorted": "尚未分类",
  "map.empty": "没有符合条件且有位置的未结事件。",
  "map.empty.part": "地图的这一部分没有事件。",
  "map.nowhere": "另有 {count} 件没有位置，请在事件列表中查看。",
  "map.truncated": "事件数量超过此处可显示的上限，请按等级或类别筛选。",
  "map.cells": "在岗的响应人员与志愿者",
  "map.cells.words": "按约 5 平方公里的片区统计，不显示任何人的具体位置。",
  "map.cells.none": "地图的这一部分无人在岗。",
  "map.cells.district": "片区",
  "map.cells.count": "在岗人数",
  "map.cells.bodies": "单位",
  "map.legend": "图例",
  "map.legend.cluster": "带数字的圆环：附近有这么多件事件；下方为其中最紧急的等级。",
  "map.legend.cell": "虚线六边形：周围片区内的在岗人数。",
};

export default map;

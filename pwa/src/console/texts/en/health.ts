/** Words of the health of the system. */

const health = {
  "health.title": "Health",
  "health.again": "Look again",
  "health.at": "Looked at {at}. It looks again every 30 seconds.",
  "health.all.ok": "All is well.",
  "health.all.warning": "It works, but something wants attention.",
  "health.all.problem": "Something does not work. What to do stands beside it.",
  "health.level.ok": "well",
  "health.level.warning": "attention",
  "health.level.problem": "problem",
  "health.do": "What to do",
  "health.caption.bad": "What wants attention",
  "health.caption.good": "What is well",
  "health.what": "What",
  "health.state": "State",
  "health.said": "Found",
} as const;

export default health;

/** Words of the queue. */

const queue = {
  "queue.title": "Incidents",
  "queue.caption": "Open incidents",
  "queue.empty": "Nothing is open. New incidents appear here by themselves.",
  "queue.grade": "Grade",
  "queue.number": "Number",
  "queue.category": "What",
  "queue.unsorted": "Not yet sorted",
  "queue.status": "Status",
  "queue.due": "Next promise",
  "queue.owner": "Who answers",
} as const;

export default queue;

/** A file on its way to the server, with how far it has come: the browser tells it of this kind of call alone. */

import type { Outcome, Problem } from "../api";
import { tagOf } from "../i18n";

/** Send a form. `onProgress` hears the share that is sent, 0 to 1. Never rejects. */
export function upload<T>(path: string, form: FormData, onProgress: (share: number) => void): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open("POST", path);
    call.setRequestHeader("Accept-Language", tagOf());
    call.responseType = "json";
    call.upload.onprogress = (event) => onProgress(event.lengthComputable && event.total > 0 ? event.loaded / event.total : 0);
    call.upload.onload = () => onProgress(1);
    call.onerror = () => resolve({ is: "offline" });
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) return resolve({ is: "data", data: call.response as T, etag: undefined });
      const said = (call.response ?? {}) as Partial<Problem>;
      return resolve({ is: "problem", problem: { code: "refused", title: "", ...said, status: call.status } });
    };
    call.send(form);
  });
}

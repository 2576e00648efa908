import { useEffect, useState } from "preact/hooks";

/** Whether the browser sees a network. It may be wrong about yes; about no it is right. */
export function useOnline(): boolean {
  const [isOnline, set] = useState(true);
  useEffect(() => {
    const look = (): void => set(navigator.onLine);
    look();
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    return () => {
      window.removeEventListener("online", look);
      window.removeEventListener("offline", look);
    };
  }, []);
  return isOnline;
}

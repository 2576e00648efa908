/** What is fetched after the ring: the choices below it, the countdown, and the alarm that is on. */

import { Active } from "./active";
import { phase } from "./alarm";
import { Choices, Voiceless } from "./choices";
import { Counting } from "./counting";

export { passOn } from "./ending";

export default function After() {
  if (phase.value === "counting") return <Counting />;
  if (phase.value === "on") return <Active />;
  return (
    <>
      <Voiceless />
      <Choices />
    </>
  );
}

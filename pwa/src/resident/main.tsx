/** Where the page begins in a browser. */

import "../shared/tokens.css";

import { hydrate } from "preact";

import { keepSending } from "../outbox/outbox";
import { learn, takeSnapshot } from "../shared/config";
import { keepDiscreet } from "../shared/discreet";
import { listenForExit } from "../shared/exit";
import { first, speak } from "../shared/i18n";
import { follow, place } from "../shared/router";
import { registerWorker } from "../sw/register";
import { App, fetchScreen } from "./app";
import "./install/prompt";
import { locked, watchLock } from "./safety/lock";
import { comeBack } from "./sos/resume";
import { watchUpdates } from "./updates";

async function begin(): Promise<void> {
  if (listenForExit()) return; // somebody left, and the way back leads nowhere
  // Until all of this is there the prerendered page stands, with its numbers, links and plain form.
  await Promise.all([takeSnapshot(), watchLock(), speak(first()).then(() => fetchScreen(place.value.screen))]);
  keepDiscreet();
  const root = document.getElementById("app") as HTMLElement;
  if (locked.value) root.replaceChildren(); // what was prerendered is not for whoever has no code
  hydrate(<App />, root);
  void comeBack();
  follow();
  keepSending();
  void learn();
  void registerWorker();
  watchUpdates();
}

void begin();

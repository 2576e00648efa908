/** Where the page begins in a browser. */

import "../shared/tokens.css";

import { hydrate } from "preact";

import { keepSending } from "../outbox/outbox";
import { learn, takeSnapshot } from "../shared/config";
import { listenForExit } from "../shared/exit";
import { first, speak } from "../shared/i18n";
import { follow, place } from "../shared/router";
import { registerWorker } from "../sw/register";
import { App, fetchScreen } from "./app";
import "./install/prompt";
import { watchUpdates } from "./updates";

async function begin(): Promise<void> {
  listenForExit();
  // Until all of this is there the prerendered page stands, with its numbers, links and plain form.
  await Promise.all([takeSnapshot(), speak(first()).then(() => fetchScreen(place.value.screen))]);
  hydrate(<App />, document.getElementById("app") as HTMLElement);
  follow();
  keepSending();
  void learn();
  void registerWorker();
  watchUpdates();
}

void begin();

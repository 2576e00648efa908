/** Where the console begins in a browser. */

import "../shared/tokens.css";
import "./style/frame.css";
import "./style/parts.css";

import { effect } from "@preact/signals";
import { render } from "preact";

import { App, fetchScreen } from "./app";
import { learn } from "./config";
import { chosen, speak, type Language } from "./i18n";
import { closeLine, openLine } from "./live";
import { follow, place } from "./router";
import { screenOf } from "./screens";
import { me } from "./session";
import { whoAmI } from "./signing";
import { wearTheme } from "./theme";

/** The language to begin with: chosen in this browser before, else the page's own, which the server took from the browser. */
function first(): Language {
  return chosen() ?? (document.documentElement.lang.startsWith("zh") ? "zh" : "en");
}

async function begin(): Promise<void> {
  wearTheme();
  const screen = screenOf(place.value.path);
  const early = screen ? fetchScreen(screen).catch(() => undefined) : undefined;
  await Promise.all([speak(first()), whoAmI(), learn(), early]);
  follow();
  render(<App />, document.getElementById("app") as HTMLElement);
  effect(() => {
    if (me.value?.permissions.includes("stream.read")) openLine();
    else closeLine();
  });
}

void begin();

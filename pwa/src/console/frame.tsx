/** The frame around every screen: the bar on top, the navigation at the side or, on a phone, below the bar. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { choose, language, LANGUAGE_NAMES, LANGUAGES, say, t, tagOf } from "./i18n";
import { Icon } from "./icons";
import { liveState } from "./live";
import { showKeys } from "./parts/keys";
import { place } from "./router";
import { addressOf, SCREENS } from "./screens";
import { may, me } from "./session";
import { signOut } from "./signing";
import { chooseTheme, theme, THEMES } from "./theme";

/** The bar: the way home, the line to the server, the language, and what is one's own. */
export function TopBar() {
  return (
    <>
      <a class="skip" href="#main">{t("skip")}</a>
      <header class="top">
        <a class="brand" href="/console">{t("brand")}</a>
        <span class="fill" />
        {me.value && may("stream.read") && <Line />}
        {LANGUAGES.filter((code) => code !== language.value).map((code, at) => (
          <button key={at} type="button" class="bare" lang={tagOf(code)} onClick={() => void choose(code)}>{LANGUAGE_NAMES[code]}</button>
        ))}
        {me.value && <Menu />}
      </header>
    </>
  );
}

/** How the line to the server stands: said when it breaks and when it is back, and always seen. */
function Line() {
  const state = liveState.value;
  const [wasLost, setLost] = useState(false);
  useEffect(() => {
    if (state === "lost") setLost(true);
  }, [state]);
  const spoken = state === "lost" ? t("live.lost") : wasLost ? t("live.back") : "";
  return (
    <span class={`line line-${state}`}>
      <span class="line-dot" aria-hidden="true" />
      <span class="line-words">{t(`live.${state === "lost" ? "connecting" : state}`)}</span>
      <span class="unseen" role="status">{spoken}</span>
    </span>
  );
}

function Menu() {
  const box = useRef<HTMLDetailsElement>(null);
  const shut = (): void => {
    if (box.current) box.current.open = false;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !box.current?.open) return;
    shut();
    box.current.querySelector("summary")?.focus();
  };
  const onLeave = (event: FocusEvent): void => {
    if (event.relatedTarget && !box.current?.contains(event.relatedTarget as Node)) shut();
  };
  return (
    <details class="filter menu" ref={box} onKeyDown={onKey} onFocusOut={onLeave}>
      <summary class="button bare">{t("menu")}</summary>
      <div class="filter-box stack">
        <p class="soft">{(me.value?.roles ?? []).map((role) => say(`role.${role}`, role)).join(" · ")}</p>
        <label class="filter-one">
          <span class="soft">{t("menu.theme")}</span>
          <select value={theme.value} onChange={(event) => chooseTheme(event.currentTarget.value as (typeof THEMES)[number])}>
            {THEMES.map((one) => <option key={one} value={one}>{t(`theme.${one}`)}</option>)}
          </select>
        </label>
        {may("offers.answer") && <a class="button" href="/console/plain/asked">{t("menu.asked")}</a>}
        <a class="button" href="/console/security">{t("menu.security")}</a>
        <a class="button" href="/console/plain/chat">{t("menu.chat")}</a>
        <a class="button" href="/console/plain">{t("menu.plain")}</a>
        <button type="button" onClick={() => (shut(), showKeys())}><Icon name="keys" />{t("menu.keys")}</button>
        <button type="button" onClick={() => void signOut()}><Icon name="out" />{t("menu.out")}</button>
      </div>
    </details>
  );
}

/** The screens that exist and that the person may open. */
function Navigation() {
  const shown = SCREENS.filter((screen) => screen.entry && may(screen.needs));
  if (shown.length === 0) return null;
  return (
    <nav class="nav" aria-label={t("nav")}>
      <ul class="plain">
        {shown.map((screen) => screen.entry && (
          <li key={screen.path}>
            <a href={addressOf(screen)} aria-current={screen.path === place.value.path ? "page" : undefined}>
              <Icon name={screen.entry.icon} />
              <span>{t(screen.entry.words)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The frame with a screen in it. */
export function Frame({ children }: { children: ComponentChildren }) {
  return (
    <>
      <TopBar />
      <div class="body">
        <Navigation />
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
    </>
  );
}

/** The whole page: the frame, the screen of the present address, and what stands above it. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

import { Frame, TopBar } from "./frame";
import { need, say, t } from "./i18n";
import { Questions } from "./parts/dialog";
import { Keys, useKeys } from "./parts/keys";
import { Failed, Loading, Offline, Screen as Titled } from "./parts/states";
import { Toasts } from "./parts/toasts";
import { go, place } from "./router";
import { addressOf, SCREENS, screenOf, type Screen } from "./screens";
import { may, me } from "./session";
import { SignIn, SignInAgain, unknown, whoAmI } from "./signing";

const loaded = signal<ReadonlyMap<string, ComponentType>>(new Map());
const failed = signal<string | undefined>(undefined);

/** Fetch a screen and its words, so that it can be shown at once. */
export async function fetchScreen(screen: Screen): Promise<void> {
  if (loaded.value.has(screen.path)) return;
  const [{ default: found }] = await Promise.all([screen.load(), need(...screen.words)]);
  loaded.value = new Map(loaded.value).set(screen.path, found);
  failed.value = undefined;
}

/** The console: sign-in first, then the frame with its screen. */
export function App() {
  if (unknown.value) return <><TopBar /><main id="main" class="narrow"><Failed outcome={unknown.value} again={() => void whoAmI()} /></main></>;
  if (me.value === undefined) return <main id="main"><Loading /></main>;
  if (me.value === null) return <><TopBar /><SignIn /></>;
  if (me.value.must.length > 0) return <SetUpFirst />;
  return (
    <>
      <Frame><Present /></Frame>
      <GoKeys />
      <Keys />
      <Questions />
      <Toasts />
      <SignInAgain />
    </>
  );
}

/** Whoever has to set up their sign-in does so before anything else is open to them. */
function SetUpFirst() {
  return (
    <>
      <TopBar />
      <main id="main" class="narrow" tabIndex={-1}><Present path="security" /></main>
      <Questions />
      <Toasts />
      <SignInAgain />
    </>
  );
}

function Present({ path }: { path?: string }) {
  const screen = screenOf(path ?? place.value.path);
  if (!screen) return <Missing />;
  if (!may(screen.needs)) return <NoAccess />;
  const Found = loaded.value.get(screen.path);
  if (Found) return <Found key={[screen.path, ...place.value.rest].join("/")} />;
  const again = (): void => void fetchScreen(screen).catch(() => (failed.value = screen.path));
  if (failed.value === screen.path) return <Titled title={t("failed")}><Offline again={again} /></Titled>;
  again();
  return <Loading />;
}

/** `g` and a letter show a screen. */
function GoKeys() {
  useKeys(() => SCREENS.flatMap((screen) => {
    const { entry } = screen;
    if (!entry || !may(screen.needs)) return [];
    return [{ press: `g ${entry.key}`, does: t("keys.go", { screen: t(entry.words) }), act: () => go(addressOf(screen)) }];
  }));
  return null;
}

/** An address that leads nowhere. An incident can always be seen on its plain page. */
function Missing() {
  const plain = location.pathname.replace(/^\/console/, "/console/plain");
  return (
    <Titled title={t("missing.title")}>
      <p>{t("missing.words")}</p>
      <p class="row">
        <a class="button first" href="/console">{t("missing.queue")}</a>
        <a class="button" href={/^\/console\/plain\/incidents\/[0-9a-f-]+$/.test(plain) ? plain : "/console/plain"}>{t("missing.plain")}</a>
      </p>
    </Titled>
  );
}

/** A screen that the person's roles do not open: who they are here, and where they are asked something. */
function NoAccess() {
  const roles = new Intl.ListFormat(document.documentElement.lang).format((me.value?.roles ?? []).map((role) => say(`role.${role}`, role)));
  return (
    <Titled title={t("no_access.title")}>
      <p>{t("no_access.words", { roles })}</p>
      {may("offers.answer") && <p><a class="button first" href="/console/plain/asked">{t("no_access.asked")}</a></p>}
    </Titled>
  );
}
